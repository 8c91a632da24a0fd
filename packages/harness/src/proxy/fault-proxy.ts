import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

import { reset } from "../../../tidings/src/http/reset.ts";
import { Chance } from "../chance.ts";
import { CLEAN, FAIR, faultsOf, type ConnectionFaults, type Cut, type Weather } from "./faults.ts";
import { Way } from "./way.ts";

/** A connection that goes through the proxy. */
export interface Proxied {
  /** Counts the proxy's connections. */
  readonly number: number;
  readonly faults: ConnectionFaults;
  /** Bytes that reached the client. */
  readonly passed: number;
  /** Ends it: with a `FIN` to both, with a reset of both, or with a `FIN` to the client while the server goes on. */
  cut(how: Cut): void;
  /** Nothing goes on to the client, to the server or either way until `release`; the sender's buffers fill up. */
  hold(way: "up" | "down" | "both"): void;
  release(): void;
  /** What comes is thrown away from here on, and no one hears of it. */
  blackhole(way: "up" | "down" | "both"): void;
}

/** How a proxy is set up. */
export interface FaultProxyOptions {
  /** Where connections go on the loopback interface: the hub's port, looked up at each connection. */
  readonly target: () => number;
  readonly seed: number;
  /** Told of each connection, and of each that the weather cuts. */
  readonly onFault?: ((what: string, connection: number, faults: ConnectionFaults) => void) | undefined;
}

/**
 * A TCP proxy between clients and a hub, on the loopback interface, that does on purpose what networks do. What happens
 * to a connection is decided by chance, when it comes, by the weather of that moment; the rest by who holds the proxy.
 */
export class FaultProxy {
  readonly #options: FaultProxyOptions;
  readonly #chance: Chance;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #count = 0;
  /** What is likely to happen to new connections. */
  weather: Weather = FAIR;
  /** New connections are reset at once. */
  refuses = false;

  constructor(options: FaultProxyOptions) {
    this.#options = options;
    this.#chance = new Chance(options.seed);
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  /** Begins to listen, on a free port. */
  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** Those that are open, in order of their coming. */
  get connections(): readonly Proxied[] {
    return [...this.#connections];
  }

  /** Nothing happens any more: to new connections, and to those that are open, unless they are lost already. */
  heal(): void {
    this.weather = FAIR;
    this.refuses = false;
    for (const connection of this.#connections) {
      if (connection.lost) connection.cut("reset");
      else connection.heal();
    }
  }

  /** Cuts everything and stops listening. */
  async close(): Promise<void> {
    for (const connection of this.#connections) connection.cut("reset");
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }

  #accept(client: Socket): void {
    client.on("error", () => undefined);
    if (this.refuses) {
      reset(client);
      return;
    }
    const number = ++this.#count;
    const faults = this.weather === FAIR ? CLEAN : faultsOf(this.weather, this.#chance);
    const server = connect({ port: this.#options.target(), host: "127.0.0.1", allowHalfOpen: true });
    // A generator of its own: when bytes come has no part in what happens to others.
    const chance = new Chance(this.#options.seed + number);
    const connection = new Connection(number, faults, client, server, chance, {
      onCut: (how) => this.#options.onFault?.(how, number, faults),
      onClose: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }
}

class Connection implements Proxied {
  readonly number: number;
  readonly faults: ConnectionFaults;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #up: Way;
  readonly #down: Way;
  /** Bytes were thrown away: it cannot be healed. */
  lost = false;

  constructor(
    number: number,
    faults: ConnectionFaults,
    client: Socket,
    server: Socket,
    chance: Chance,
    on: { readonly onCut: (how: Cut) => void; readonly onClose: () => void },
  ) {
    this.number = number;
    this.faults = faults;
    this.#client = client;
    this.#server = server;
    const cut = (): void => {
      on.onCut(faults.cut);
      this.cut(faults.cut);
    };
    this.#up = new Way(client, server, faults.up, chance, cut);
    this.#down = new Way(server, client, faults.down, chance, cut);
    server.on("error", () => reset(client));
    client.on("error", () => reset(server));
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("close", () => {
        if (!client.destroyed || !server.destroyed) return;
        this.#up.stop();
        this.#down.stop();
        on.onClose();
      });
    }
    // Whoever is gone is gone for the other, too.
    client.on("close", () => {
      if (!this.lost) server.destroy();
    });
    server.on("close", () => {
      if (!this.lost && !client.writableEnded) client.destroy();
    });
  }

  get passed(): number {
    return this.#down.passed;
  }

  cut(how: Cut): void {
    this.#up.stop();
    this.#down.stop();
    if (how === "half") {
      this.lost = true;
      this.#down.blackhole();
      this.#client.end();
    } else if (how === "fin") {
      this.#client.destroySoon();
      this.#server.destroySoon();
    } else {
      reset(this.#client);
      reset(this.#server);
    }
  }

  hold(way: "up" | "down" | "both"): void {
    if (way !== "down") this.#up.hold();
    if (way !== "up") this.#down.hold();
  }

  release(): void {
    this.#up.release();
    this.#down.release();
  }

  heal(): void {
    this.#up.heal();
    this.#down.heal();
  }

  blackhole(way: "up" | "down" | "both"): void {
    this.lost = true;
    if (way !== "down") this.#up.blackhole();
    if (way !== "up") this.#down.blackhole();
  }
}
