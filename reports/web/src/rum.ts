// What pages of others load: `<script async src="https://monitor/rum.js"></script>`. It sends how a
// view was when the page is hidden or left, to `rum` beside itself; a later beacon of the same view
// (number `n`) replaces the one before. No cookies; a random number for a visit, in the session
// storage of the tab. The page says `weirRum("done")` or `weirRum("error")` of a view.

interface Shift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
}

interface Interaction extends PerformanceEntry {
  interactionId?: number;
}

interface Navigate extends Event {
  destination: { url: string; sameDocument: boolean };
}

const page = self as unknown as Window & {
  weirRum?: (outcome: "done" | "error") => void;
  navigation?: EventTarget;
};

// Nobody waits longer for a page of the site.
const insideMs = 30_000;

const interactionsMax = 1000;

const random = () => crypto.getRandomValues(new BigUint64Array(1)).join();

function visit(): string {
  const key = "weir-rum";
  try {
    return (sessionStorage[key] ??= random()) as string;
  } catch {
    return random(); // Storage is switched off: the visit is this view.
  }
}

const script = document.currentScript as HTMLScriptElement;
const target = new URL("rum", script.src).href;
const small = Math.min(screen.width, screen.height) < 600;
const segment =
  // eslint-disable-next-line @typescript-eslint/prefer-nullish-coalescing -- Empty is none, too.
  script.dataset.segment || (matchMedia("(pointer: coarse)").matches ? (small ? "phone" : "tablet") : "desktop");
const session = visit();
const watching: [PerformanceObserver, (list: PerformanceEntryList) => void][] = [];
let view: string;
let number: number;
let outcome: string | undefined;
let lcp: number | undefined;
let ttfb: number | undefined;
let shift: number; // Worst window of shifts: at most 1 s apart, at most 5 s in all.
let windowSum: number;
let windowFrom: number;
let windowTo: number;
let interactions: Map<number, number>;
let insideAt = -insideMs;
let gone: boolean;
let begun: number;

function begin(at: number): void {
  begun = at;
  view = random();
  number = shift = windowSum = 0;
  gone = false;
  outcome = lcp = ttfb = undefined;
  windowFrom = windowTo = -1e9;
  interactions = new Map();
}

function watch(type: string, take: (entry: PerformanceEntry) => void, options?: object): void {
  const each = (list: PerformanceEntryList) => list.forEach(take);
  try {
    const observer = new PerformanceObserver((list) => each(list.getEntries()));
    observer.observe({ type, buffered: true, ...options });
    watching.push([observer, each]);
  } catch {
    // This browser does not measure it: the beacon says nothing of it.
  }
}

// As the others have it: one interaction in 50 may be worse.
function inp(): number | undefined {
  const worst = [...interactions.values()].sort((a, b) => b - a);
  return worst[Math.floor(worst.length / 50)];
}

function send(left?: boolean): void {
  watching.forEach(([observer, each]) => each(observer.takeRecords()));
  navigator.sendBeacon(
    target,
    JSON.stringify({
      view,
      session,
      n: number++,
      page: location.pathname,
      segment,
      age_ms: performance.now() - begun,
      ttfb_ms: ttfb,
      lcp_ms: lcp,
      inp_ms: inp(),
      cls: shift,
      left,
      outcome,
    }),
  );
}

// A page that was made before it was asked for counts from when it was.
const { responseStart, activationStart = 0 } = performance.getEntriesByType(
  "navigation",
)[0] as PerformanceNavigationTiming & { activationStart?: number };
begin(activationStart);
ttfb = responseStart && Math.max(0, responseStart - activationStart);
watch("largest-contentful-paint", ({ startTime }) => {
  lcp = Math.max(0, startTime - activationStart);
});
watch("layout-shift", (entry) => {
  const { value, hadRecentInput, startTime } = entry as Shift;
  if (hadRecentInput) {
    return;
  }
  if (startTime - windowTo > 1000 || startTime - windowFrom > 5000) {
    windowFrom = startTime;
    windowSum = 0;
  }
  windowTo = startTime;
  windowSum += value;
  shift = Math.max(shift, windowSum);
});
watch(
  "event",
  ({ interactionId, duration }: Interaction) => {
    if (interactionId && interactions.size < interactionsMax) {
      interactions.set(interactionId, Math.max(duration, interactions.get(interactionId) ?? 0));
    }
  },
  { durationThreshold: 16 },
);

page.weirRum = (what) => {
  outcome = what;
};
const failed = () => {
  outcome = "error";
};
addEventListener("error", failed);
addEventListener("unhandledrejection", failed);
// Only with this interface a page knows whether the next one is of the same site.
page.navigation?.addEventListener("navigate", (event) => {
  const { url, sameDocument } = (event as Navigate).destination;
  if (!sameDocument && new URL(url).origin === location.origin) {
    insideAt = performance.now();
  }
});
addEventListener("visibilitychange", () => {
  // It comes after `pagehide`, too, when all was said.
  if (document.visibilityState === "hidden" && !gone) {
    send();
  }
});
addEventListener("pagehide", () => {
  gone = true;
  send(page.navigation && performance.now() - insideAt > insideMs);
});
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    begin(event.timeStamp);
  }
});
