/** A route of a hub, below its base: `http://localhost:3000` and `publish` give `http://localhost:3000/publish`. */
export function hubUrl(base: URL, route: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${route}`;
  return url;
}
