import Glibc
import Gossip
import JSON
import Loop

extension Command {
  static let submit = Command(
    "submit", "FILE|-", "submits a batch of tasks and follows it to its end",
    details: """
      FILE holds a task a line (NDJSON) or one JSON document, {"tasks":[…]} or just [ … ]; - is standard input.
      Either may be compressed with gzip, and then goes to the coordinator as it is.
      A task: {"task":"http","args":{"url":"http://…"},"id":"mine-7","timeout_s":30,"attempts":3}
      Or a document with a template, {"template":{a task with {{page}}},"take":["page"]}: its tasks are made of what is
      in pools (`ignareo help pool`), until one of them is closed and empty.
      `ignareo tasks` lists the task types and their arguments.
      Ctrl-C leaves the batch to the cluster, says how to follow or cancel it, and exits with 130.
      Exit status: 0 every task is ok, 1 a task failed or the batch was cancelled.
      """,
    flags: ClusterClient.flags + SubmitPlan.flags
  ) { flags in
    let plan = try SubmitPlan(flags)
    let input = try InputFile(plan.file)
    let output = try plan.output.map { path throws(UsageError) in try OutputFile(path) }
    Signals.block([SIGINT, SIGTERM])
    return try ClusterClient.run(flags) { client in
      let submit = Submit(plan, client, input, output)
      let story = client.loop.spawn { try await submit.run() }
      let signals = try Signals([SIGINT, SIGTERM], on: client.loop) { _ in
        // Once is a wish, twice is an order.
        if story.isCancelled { exit(ExitCode.interrupted.rawValue) }
        story.cancel()
      }
      defer { signals.close() }
      return try await story.value
    }
  }
}
