import type { Figure } from "../charts/plot";

/** A page that is shown: its elements, and its charts, which are drawn once it is in place. */
export interface View {
  title: string;
  element: HTMLElement;
  figures: Figure[];
}
