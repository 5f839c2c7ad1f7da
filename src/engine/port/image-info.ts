export type ImageInfo = {
  /** What the unit is created from. */
  readonly reference: string;
  /** Content address, `sha256:…`: its registry's, of an image that came from one or went to one, else its id. */
  readonly digest: string;
  /** The engine's own address of the content, `sha256:…`: the same under whatever reference. */
  readonly id: string;
  readonly sizeBytes: number;
  /** Who its programs run as, as the image says it: a name or a number, empty for root. */
  readonly user: string;
  /** What ONBUILD keeps for the builds that begin with it, as instructions. */
  readonly triggers: readonly string[];
};
