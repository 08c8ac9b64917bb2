/** The place of a process among those that serve on one port. */
export interface WorkerSeat {
  /** From 1. The process that follows a dead one takes its number. */
  number: number
  /** How many processes share the machine. */
  workers: number
  /**
   * The metrics of all of them.
   *
   * @param own  those of this process
   */
  gatherMetrics(own: MetricJson[]): Promise<MetricJson[][]>
}

/** What prom-client makes of one metric for another process. */
export type MetricJson = object
