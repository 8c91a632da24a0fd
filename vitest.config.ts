import { defineConfig } from "vitest/config";

/** Tests that start browsers or measure: one file at a time, with the machine for itself. */
const ALONE = [
  "bench/**/*.test.ts",
  "packages/harness/test/{chaos,mutants}.test.ts",
  "packages/server/test/demo/**/*.test.ts",
  "{packages,examples}/*/test/**/*browser*.test.ts",
  "test/readme.test.ts",
];

/** A condition that is waited for on a busy machine: the default of a second is too little. */
const patience = { testTimeout: 30_000, hookTimeout: 30_000, expect: { poll: { timeout: 10_000 } } };

export default defineConfig({
  test: {
    reporters: ["default"],
    // Two groups, one after the other, that two cores can carry.
    projects: [
      {
        test: {
          ...patience,
          name: "together",
          include: ["{packages,examples}/*/test/**/*.test.{ts,tsx}", "test/**/*.test.ts"],
          exclude: [...ALONE, "**/node_modules/**"],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...patience,
          name: "alone",
          include: ALONE,
          exclude: ["**/node_modules/**"],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
