import Clockwork
import HTTP
import JSON
import Loop

/// The story of `submit`: the file goes up, the batch is followed, and what it came to is told.
///
/// Guarded by: the loop's thread, on which the command runs.
final class Submit: @unchecked Sendable {
  private let plan: SubmitPlan
  private let client: ClusterClient
  private let input: InputFile
  private let output: OutputFile?

  init(_ plan: SubmitPlan, _ client: ClusterClient, _ input: InputFile, _ output: OutputFile?) {
    (self.plan, self.client, self.input, self.output) = (plan, client, input, output)
  }

  func run() async throws(Failure) -> ExitCode {
    let start = MonotonicClock.now
    let (answer, batch) = try await accepted()
    if plan.detach {
      Terminal.write(plan.wantsJSON ? answer.line : batch.id + "\n")
      return .well
    }
    Terminal.say("batch \(batch.id): \(Quantity.counted(batch.total, "task"))")
    do throws(Failure) {
      let (last, ended) = try await follow(batch.id)
      try await tell(last, ended, took: MonotonicClock.now - start)
      return ended.exitCode
    } catch {
      if Task.isCancelled { throw Failure(Self.goesOn(batch.id, client.base), status: .interrupted) }
      if error.status == .unreachable {
        throw Failure("\(error)\n\(Self.goesOn(batch.id, client.base))", status: .unreachable)
      }
      throw error
    }
  }

  private func accepted() async throws(Failure) -> (JSONValue, BatchStatus) {
    let upload = Upload(
      client, input, name: plan.name, idempotencyKey: plan.idempotencyKey, to: .batches(isOpen: plan.isOpen))
    let answer: JSONValue
    do throws(Failure) {
      answer = try await upload.send()
    } catch {
      guard Task.isCancelled else { throw error }
      throw Failure("interrupted before the coordinator had confirmed the batch", status: .interrupted)
    }
    guard let batch = BatchStatus(answer) else {
      throw Failure("\(client.base) answers, but not as a coordinator does: is the URL right?", status: .unreachable)
    }
    return (answer, batch)
  }

  /// Follows the batch to its end, its results into the file meanwhile.
  private func follow(_ id: String) async throws(Failure) -> (JSONValue, BatchStatus) {
    let reading = output.map { output in
      let reader = ResultReader(client, id, after: 0, line: output.add, pause: output.flush)
      return client.loop.spawn { try await reader.read(follow: true) }
    }
    defer { reading?.cancel() }
    let end = try await ProgressFollower(client, id).follow()
    if let reading {
      let outcome = await withTaskCancellationHandler {
        await reading.result
      } onCancel: {
        reading.cancel()
      }
      if case .failure(let error) = outcome { throw (error as? Failure) ?? Failure("\(error)") }
    }
    return end
  }

  /// The summary goes to standard output, unless the results are there already.
  private func tell(_ answer: JSONValue, _ batch: BatchStatus, took: Duration) async throws(Failure) {
    let by = plan.summaryBy.map { "?by=\(PercentEncoding.encoded($0))" } ?? ""
    let summary = try await client.ask("/batches/\(batch.id)/summary\(by)")
    if plan.wantsJSON {
      Terminal.write(SummaryReport.json(answer, summary).line)
    } else {
      let text = SummaryReport(batch, summary, field: plan.summaryBy, took: took).text
      if output?.isStandardOutput == true { Terminal.say(text) } else { Terminal.write(text) }
    }
    if let failure = output?.failure { throw failure }
  }

  /// What a person needs who has stopped following.
  static func goesOn(_ id: String, _ base: String) -> String {
    let flag = base == "http://127.0.0.1:55555" ? "" : " --coordinator \(base)"
    return """
      the batch goes on without this command
        follow it:  ignareo results \(id) --follow\(flag)
        look at it: ignareo batch \(id)\(flag)
        cancel it:  ignareo cancel \(id)\(flag)
      """
  }
}
