// What the examples of the docs take for granted: an application around them. Each example is a module of its own.

declare const app: import("express").Express;
declare const express: typeof import("express").default;
declare const createApp: typeof import("vue").createApp;

declare const createHub: typeof import("tidings").createHub;
declare const sse: typeof import("tidings").sse;
declare const hub: import("tidings").Hub;
declare const connect: typeof import("tidings/client").connect;
declare const tidings: import("tidings/client").Tidings;
declare const url: string;
declare const signal: AbortSignal;
declare const myLog: typeof import("tidings").memoryLog;
declare const test: typeof import("vitest").test;

interface Order {
  readonly id: string;
  readonly total: number;
}

interface User {
  readonly id: string;
}

declare namespace Express {
  interface Request {
    readonly user: User;
  }
}

declare const order: Order;
declare const job: { readonly id: string };
declare const db: { board(): Promise<{ readonly data: unknown }[]> };
declare const model: { stream(prompt: string, options?: { readonly signal: AbortSignal }): AsyncIterable<string> };
declare const messages: readonly { readonly role: string; readonly content: string }[];
declare const App: () => import("react").ReactElement;

declare function getToken(): Promise<string>;
declare function authenticated(req: import("express").Request, res: import("express").Response, next: () => void): void;
declare function mayRead(user: User, topic: string): boolean;
declare function handler(data: unknown): void;
declare function isLast(order: unknown): boolean;
declare function show(...what: unknown[]): void;
declare function add(...what: unknown[]): void;
declare function draw(...what: unknown[]): void;
declare function reloadEverything(): Promise<void>;
