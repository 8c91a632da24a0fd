// The entry of `tidings/testing`: a source for tests of what stands on the client, for any test runner.
export type { Failure, TestPublication, TestRequest } from "./test-hub.ts";
export { createTestSource, type TestSource } from "./test-source.ts";
