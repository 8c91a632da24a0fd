const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/;

/** Whether a text has a control character: C0, DEL or C1. */
export function hasControls(text: string): boolean {
  return CONTROLS.test(text);
}
