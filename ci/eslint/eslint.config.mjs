// Rules for the report page and its tests. The page is checked with its types: a promise that
// nobody waits for, a comparison that can only go one way.
import eslint from "@eslint/js";
import { fileURLToPath } from "node:url";
import typescript from "typescript-eslint";

const project = fileURLToPath(new URL("../../reports/web/tsconfig.json", import.meta.url));

export default typescript.config(
  { ignores: ["**/node_modules/**"] },
  eslint.configs.recommended,
  {
    files: ["reports/web/src/**/*.ts"],
    extends: [typescript.configs.strictTypeChecked, typescript.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project } },
    rules: {
      eqeqeq: "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Text from outside is a text node: use h() of dom.ts." },
        { property: "outerHTML", message: "Text from outside is a text node: use h() of dom.ts." },
      ],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-indexed-object-style": "off", // Mapped types with suffixes.
      "@typescript-eslint/prefer-optional-chain": "off", // Less plain where null is an answer.
      // uPlot gives its enums as types only.
      "@typescript-eslint/no-unsafe-enum-assignment": "off",
      // tsc is told not to let unknown keys of an index be written with a dot.
      "@typescript-eslint/dot-notation": "off",
      // Numbers are what these texts are made of.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: {
      globals: Object.fromEntries(
        [
          "Buffer", "URL", "console", "fetch", "process", "performance", "setTimeout", "window", "document",
          "location", "getComputedStyle", "navigator", "matchMedia", "requestAnimationFrame",
          "requestIdleCallback", "Event", "EventTarget", "HTMLElement", "EventSource",
          "PerformanceObserver", "setInterval", "clearInterval",
          "weirRum", // What rum.js gives pages.
        ].map((name) => [name, "readonly"]),
      ),
    },
    // What is not ASCII is looked for by its code, the control characters included.
    rules: { eqeqeq: "error", "no-control-regex": "off" },
  },
);
