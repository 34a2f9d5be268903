/** What is known of one error before it happens. */
export type Entry = Readonly<{
  errno: number;
  sqlState: string;
  /** The same statement may succeed later. */
  retryable: boolean;
  message: string;
  /** What whoever sees it can do. */
  advice: string;
}>;
