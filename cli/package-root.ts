import { fileURLToPath } from 'node:url'

/** The folder that this package is installed in. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../', import.meta.url))
