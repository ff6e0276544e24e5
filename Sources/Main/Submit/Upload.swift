import HTTP
import JSON
import Loop
import Net

/// Sends a file of tasks or items: a document in one piece, lines as they are read.
///
/// Guarded by: the loop's thread, on which the command runs.
final class Upload: @unchecked Sendable {
  private let client: ClusterClient
  private let input: InputFile
  private let name: String?
  private let idempotencyKey: String?
  private let target: UploadTarget
  private var inputFailure: Failure?

  init(
    _ client: ClusterClient, _ input: InputFile, name: String? = nil, idempotencyKey: String?,
    to target: UploadTarget = .batches(isOpen: false)
  ) {
    (self.client, self.input, self.name, self.idempotencyKey) = (client, input, name, idempotencyKey)
    self.target = target
  }

  /// - Returns: the coordinator's answer, which is the batch or the pool.
  func send() async throws(Failure) -> JSONValue {
    let file = SubmissionFile(input)
    try await file.read(on: client.loop) { $0.count >= Submission.headBytes || Submission.isDecided(by: $0) }
    if target.takesLinesAlone || target.mayBeEmpty && Submission.isEmpty(file.text) { return try await sendLines(file) }
    switch try Submission.form(of: file.name, head: file.text) {
    case .document: return try await sendDocument(file)
    case .lines: return try await sendLines(file)
    }
  }

  private func sendDocument(_ file: SubmissionFile) async throws(Failure) -> JSONValue {
    try await file.read(on: client.loop) { $0.count > Submission.documentLimit }
    guard file.text.count <= Submission.documentLimit else {
      throw Failure(
        "\(input.name) is a JSON document of more than \(Submission.documentLimit >> 20) MiB: "
          + "give a task a line (NDJSON), which may be as long as it likes")
    }
    let body = try Submission.body(of: input.name, document: file.text, name: name)
    let isAsItWas = file.isGzip && body == file.text
    let bytes = isAsItWas ? file.bytes : body
    return try await client.ask(
      request(target.address(name: nil), "application/json", .bytes(bytes), isGzip: isAsItWas))
  }

  /// What is compressed is sent as it is.
  private func sendLines(_ file: SubmissionFile) async throws(Failure) -> JSONValue {
    let upload = HTTPUpload()
    let request = request(target.address(name: name), "application/x-ndjson", .upload(upload), isGzip: file.isGzip)
    let asking = client.loop.spawn { [client] in try await client.ask(request) }
    let feeding = client.loop.spawn { [self] in
      do throws(Failure) {
        try await feed(upload, file.bytes, isWhole: file.isWhole)
      } catch {
        inputFailure = error
        asking.cancel()
      }
    }
    defer { feeding.cancel() }
    let outcome = await withTaskCancellationHandler {
      await asking.result
    } onCancel: {
      asking.cancel()
    }
    switch outcome {
    case .success(let answer): return answer
    case .failure(let error): throw inputFailure ?? (error as? Failure) ?? Failure("\(error)")
    }
  }

  /// Writes what is read and no faster than it leaves, so that a file of any size takes the memory of a few pieces.
  private func feed(_ upload: HTTPUpload, _ head: [UInt8], isWhole: Bool) async throws(Failure) {
    upload.write(head)
    var isWhole = isWhole
    while !isWhole {
      if upload.isCongested { try await drained(upload) }
      let piece = try await input.next(on: client.loop)
      isWhole = piece.isEmpty
      if !isWhole { upload.write(piece) }
    }
    upload.finish()
  }

  private func drained(_ upload: HTTPUpload) async throws(Failure) {
    try await Wait.until(on: client.loop) { end in
      upload.onDrain = end
      return { upload.onDrain = nil }
    }
  }

  private func request(
    _ path: String, _ mediaType: String, _ body: HTTPClientRequest.Body, isGzip: Bool
  ) -> HTTPClientRequest {
    var headers: HTTPHeaders = ["Content-Type": mediaType]
    if isGzip { headers["Content-Encoding"] = "gzip" }
    if let idempotencyKey { headers["Idempotency-Key"] = idempotencyKey }
    var request = HTTPClientRequest(client.base + path, method: "POST", headers: headers, body: body)
    // As long as the file takes; silence ends it, unless it is the silence of who writes into a pipe.
    request.timeout = nil
    request.idleTimeout = input.keepsWaiting ? nil : ClusterClient.answerTimeout
    return request
  }
}
