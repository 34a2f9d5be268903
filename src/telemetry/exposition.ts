/** Families of values that are computed at the moment of a scrape, written as Prometheus text by prom-client. */
import { type Metric, Registry } from 'prom-client';

export type Labels = Readonly<Record<string, string | number>>;
export type MetricType = 'counter' | 'gauge' | 'histogram';
type Sample = Readonly<{ labels: Labels; value: number; metricName?: string }>;

/** One scrape's worth of values. */
export class Exposition {
  readonly #families = new Map<string, { type: MetricType; help: string; samples: Sample[] }>();

  /** Adds a value; `sample` is the full name where it differs from the family's (`…_bucket`). */
  add(name: string, type: MetricType, help: string, labels: Labels, value: number, sample?: string): void {
    let family = this.#families.get(name);
    if (family === undefined) {
      family = { type, help, samples: [] };
      this.#families.set(name, family);
    }
    family.samples.push(sample === undefined ? { labels, value } : { labels, value, metricName: sample });
  }

  async text(): Promise<string> {
    const registry = new Registry();
    for (const [name, { type, help, samples }] of this.#families) {
      const family = { name, help, type, get: async () => ({ name, help, type, values: samples }) };
      // prom-client's own classes count for themselves; a registry asks no more of a metric than name and `get`.
      registry.registerMetric(family as unknown as Metric);
    }
    return registry.metrics();
  }
}

/** Media type of the text. */
export const expositionContentType: string = Registry.PROMETHEUS_CONTENT_TYPE;
