/** What GET /version says: the Toxiproxy whose API this is, and that it is not that one. */
export const VERSION = "2.12.0-quorum-lab";
