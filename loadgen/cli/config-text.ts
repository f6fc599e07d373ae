/** The lines of a configuration, as /zookeeper/config and a dynamic configuration file have them. */
export function serverLines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^server\.\d+\s*=/.test(line))
    .map((line) => line.replace(/\s*=\s*/, "="));
}

/**
 * Where clients connect, as `config -c` shows it: the version, and the addresses of the servers that
 * name one, in the order of their lines.
 */
export function clientAddresses(text: string): string {
  const version = /^version=(.*)$/m.exec(text)?.[1] ?? "";
  const addresses = serverLines(text).flatMap((line) => {
    const client = line.split(";")[1];
    if (client === undefined || client === "") return [];
    return [/^\d+$/.test(client) ? `0.0.0.0:${client}` : client];
  });
  return `${version} ${addresses.join(",")}`;
}
