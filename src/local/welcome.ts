/** The short screen at the end of a start: how to connect, what to try, where to look. */
import type { LocalCluster } from './cluster.ts';
import { findProgram } from './find-program.ts';
import { shortPath } from './invocation.ts';

function toTry(cluster: LocalCluster): string[] {
  if (cluster.layout.sample) {
    return [
      'USE customer;  -- two shards, one database',
      'SELECT name, city FROM customers WHERE customer_id = 7;',
      'SELECT city, COUNT(*) FROM customers GROUP BY city ORDER BY 2 DESC, 1 LIMIT 3;',
      "INSERT INTO customers (name, city, email) VALUES ('Ada', 'Oslo', 'ada@example.com');",
      'EXPLAIN FORMAT=HEADGATE SELECT city, COUNT(*) FROM customers GROUP BY city;',
    ];
  }
  return cluster.layout.keyspaces.slice(0, 2).map(({ name }) => `USE \`${name}\`; SHOW TABLES;`);
}

/** `seconds`: how long the start took. `stop`: how to end it. */
export function welcomeScreen(cluster: LocalCluster, seconds: string, stop: string): string {
  const { mysql } = cluster.servers.mysql;
  const client = findProgram('mysql') === mysql ? 'mysql' : shortPath(mysql);
  const [firstQuery = '', ...more] = toTry(cluster);
  const lines = [
    ['connect', `${client} -h 127.0.0.1 -P ${cluster.port} -u root`],
    ['try', firstQuery],
    ...more.map((query) => ['', query]),
    ['status', `http://127.0.0.1:${cluster.adminPort}/`],
    ['logs', shortPath(`${cluster.dataDir}/logs`)],
    ['stop', stop],
  ];
  const body = lines.map(([name, text]) => `  ${name!.padEnd(9)}${text}`).join('\n');
  return `\nHeadgate is ready after ${seconds} s.\n\n${body}\n`;
}
