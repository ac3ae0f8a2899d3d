// Rules for the console's scripts. No package is needed but eslint itself, which `tests/run` installs.

/** What browsers provide and the scripts use. A name that is not here is a mistake or needs a thought. */
const BROWSER = [
  "AbortController", "AudioContext", "CSS", "Event", "FormData", "HTMLElement", "Notification", "TextEncoder", "URL",
  "URLSearchParams", "WebSocket", "XMLHttpRequest", "addEventListener", "clearTimeout", "document", "fetch",
  "getSelection", "history", "localStorage", "location", "matchMedia", "navigator", "performance",
  "requestAnimationFrame", "sessionStorage", "setInterval", "setTimeout", "window",
];

export default [
  {
    files: ["static/*.js", "tests/eslint.config.mjs"],
    languageOptions: {
      ecmaVersion: 2024,
      sourceType: "module",
      globals: Object.fromEntries(BROWSER.map((name) => [name, "readonly"])),
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // Mistakes.
      "no-undef": "error",
      "no-unused-vars": "error",
      "no-unreachable": "error",
      "no-const-assign": "error",
      "no-dupe-keys": "error",
      "no-dupe-args": "error",
      "no-dupe-class-members": "error",
      "no-dupe-else-if": "error",
      "no-self-assign": "error",
      "no-self-compare": "error",
      "no-cond-assign": "error",
      "no-constant-condition": "error",
      "no-empty": "error",
      "no-fallthrough": "error",
      "no-import-assign": "error",
      "no-duplicate-imports": "error",
      "no-promise-executor-return": "error",
      "no-unsafe-finally": "error",
      "no-unsafe-optional-chaining": "error",
      "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
      "no-shadow": "error",
      "use-isnan": "error",
      "valid-typeof": "error",
      "array-callback-return": "error",
      // Texts that become code.
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-script-url": "error",
      // One way to say it.
      "eqeqeq": ["error", "always", { null: "ignore" }],
      "no-var": "error",
      "prefer-const": "error",
      "prefer-template": "error",
      "object-shorthand": "error",
      "no-implicit-globals": "error",
      "no-implicit-coercion": ["error", { boolean: false }],
      "no-else-return": "error",
      "no-useless-return": "error",
      "no-useless-escape": "error",
      "no-unneeded-ternary": "error",
      // What a reader can hold.
      "complexity": ["error", 12],
      "max-depth": ["error", 3],
      "max-params": ["error", 3],
      "max-nested-callbacks": ["error", 3],
      "max-len": ["error", { code: 120 }],
      "max-lines": ["error", 250],
      "max-lines-per-function": ["error", 50],
    },
  },
];
