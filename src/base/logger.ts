type Fields = Readonly<Record<string, unknown>>;

/** The logger that every layer is handed. info: lifecycle; debug: detail; warn: recovered; error: once, at the edge. */
export type Logger = {
  readonly debug: (fields: Fields, message: string) => void;
  readonly info: (fields: Fields, message: string) => void;
  readonly warn: (fields: Fields, message: string) => void;
  readonly error: (fields: Fields, message: string) => void;
  readonly child: (fields: Fields) => Logger;
};

const ignore = (): void => undefined;

export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
};
