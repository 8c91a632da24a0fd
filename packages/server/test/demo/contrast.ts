/**
 * The texts of a page whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3), with their colours.
 * Runs inside the page, so it uses nothing from outside itself.
 */
export function faintTexts(): string[] {
  type Colour = [red: number, green: number, blue: number, alpha: number];
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

  /** Any colour that CSS can write, as numbers: the canvas knows them all. */
  function read(css: string): Colour {
    if (canvas === null) return [0, 0, 0, 1];
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  }

  function behind(element: Element): Colour {
    const own = read(getComputedStyle(element).backgroundColor);
    if (own[3] === 1) return own;
    const below: Colour = element.parentElement === null ? [255, 255, 255, 1] : behind(element.parentElement);
    return over(own, below);
  }

  function over(top: Colour, below: Colour): Colour {
    const mix = (i: 0 | 1 | 2): number => top[i] * top[3] + below[i] * (1 - top[3]);
    return [mix(0), mix(1), mix(2), 1];
  }

  function luminance([red, green, blue]: Colour): number {
    const [r, g, b] = [red, green, blue].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
  }

  const faint: string[] = [];
  for (const element of document.body.querySelectorAll("*")) {
    const hasText = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== "",
    );
    if (!hasText || element.closest("svg, .unseen, noscript") !== null || element.getClientRects().length === 0)
      continue;
    const below = behind(element);
    const text = over(read(getComputedStyle(element).color), below);
    const [light, dark] = [luminance(text), luminance(below)].toSorted((a, b) => b - a);
    const ratio = ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
    if (ratio < 4.5)
      faint.push(`${ratio.toFixed(2)} ${element.tagName}.${element.className} ${element.textContent?.slice(0, 40)}`);
  }
  return faint;
}
