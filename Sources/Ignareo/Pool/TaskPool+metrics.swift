internal import Loop
internal import Net

extension TaskPool {
  func write(into metrics: inout MetricsWriter) {
    loop.assertCurrent()
    metrics.gauge("ignareo_tasks", "Tasks that this node knows, by state; those that have ended, for a while.") {
      for state in TaskStateName.allCases { $0.sample(count(of: state), ["state": state.rawValue]) }
    }
    metrics.gauge("ignareo_task_capacity", "Tasks that may run at once; as many again may wait.", capacity)
    metrics.gauge("ignareo_tasks_held_bytes", "JSON text of the tasks that have not ended.", heldBytes)
    metrics.gauge("ignareo_task_values_kept_bytes", "Values of the tasks that have ended and are kept.", keptBytes)
    metrics.gauge("ignareo_draining", "1 while this node takes no new tasks because it is to stop.", isDraining ? 1 : 0)
    writeCounters(into: &metrics)
    writeHistograms(into: &metrics)
  }

  private func writeCounters(into metrics: inout MetricsWriter) {
    metrics.counter("ignareo_tasks_registered_total", "Tasks that were taken, by task type.") {
      for type in counts.types { $0.sample(type.registered, ["task_type": type.name]) }
    }
    metrics.counter("ignareo_tasks_ended_total", "Tasks that have ended, by task type and by how they ended.") {
      for type in counts.types {
        for (status, number) in [("ok", type.ok), ("error", type.error), ("cancelled", type.cancelled)] {
          $0.sample(number, ["task_type": type.name, "status": status])
        }
      }
    }
    metrics.counter("ignareo_task_attempts_total", "Attempts at tasks that were begun, by task type.") {
      for type in counts.types { $0.sample(type.attempts, ["task_type": type.name]) }
    }
    metrics.counter("ignareo_task_errors_total", "Tasks that have ended in an error, by its code.") {
      for code in TaskFailure.Code.allCases { $0.sample(counts.errors[code] ?? 0, ["code": code.rawValue]) }
    }
    metrics.counter(
      "ignareo_shard_tasks_unfit_total", "Tasks of coordinators' shards that could not begin here, by error code."
    ) {
      for code in TaskFailure.Code.allCases { $0.sample(counts.unfit[code] ?? 0, ["code": code.rawValue]) }
    }
  }

  private func writeHistograms(into metrics: inout MetricsWriter) {
    metrics.histogram(
      "ignareo_task_queue_duration_seconds", "How long tasks waited from their registration to their first start."
    ) {
      for type in counts.types { $0.sample(type.queued, ["task_type": type.name]) }
    }
    metrics.histogram("ignareo_task_run_duration_seconds", "How long attempts at tasks ran.") {
      for type in counts.types { $0.sample(type.run, ["task_type": type.name]) }
    }
  }
}
