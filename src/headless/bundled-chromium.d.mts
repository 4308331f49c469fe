// Types of bundled-chromium.mjs, which Node runs as it is.
export interface BundledChromium {
  readonly executablePath: string;
  /** For LD_LIBRARY_PATH of the browser. */
  readonly libraryPath: string;
  /** For LD_LIBRARY_PATH of Dawn, and the file for its VK_DRIVER_FILES. */
  readonly vulkanFolder: string;
  readonly vulkanDriver: string;
}
export function unpackBundledChromium(): Promise<BundledChromium>;
