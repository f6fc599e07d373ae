/**
 * The version that clients are told (srvr, stat, envi, mntr): that of the ZooKeeper whose protocol this
 * server speaks, which some clients parse to know what they may ask for; then whose it is.
 */
export const FULL_VERSION = "3.9.5-quorum.lab.0.1.0, built on 2026-11-20 00:00 UTC";
