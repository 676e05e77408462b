/** The lock that says that a platform runs in a data directory. */
export const PLATFORM_LOCK = 'platform'
