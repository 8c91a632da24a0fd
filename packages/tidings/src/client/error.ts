/** Stands in until part *stream*'s own comes. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: string;
  readonly status: number | undefined;

  constructor(code: string, message: string, options?: ErrorOptions & { readonly status?: number | undefined }) {
    super(message, options);
    this.code = code;
    this.status = options?.status;
  }
}
