/** As a line has room for it: the first digits of the commit, and the changes. */
export function shortCommit(commit: string): string {
  return commit.replace(/^[0-9a-f]{40}/, (revision) => revision.slice(0, 9));
}
