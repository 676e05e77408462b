/**
 * Settings of tables of which nothing that was acknowledged may be gone after a power cut. A merge, and a mutation,
 * puts a new part in the place of synced ones; the embedded ClickHouse removes these at once (`old_parts_lifetime` is 0
 * there, 480 s in a server), so the new part must be synced before.
 */
export const SYNCED = 'fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1'
