import Glibc
import HTTP
import Loop
import Net
import Testing

@testable import Main

@Suite struct UploadTests {
  fileprivate struct Sent: Sendable {
    var type: String?
    var coding: String?
    var body: [UInt8] = []
  }

  /// What reaches the coordinator of a file.
  private static func sent(_ bytes: [UInt8], as ending: String, name: String? = nil) throws -> Sent {
    var path = Array("/tmp/ignareo-upload-XXXXXX\(ending)".utf8CString)
    let file = mkstemps(&path, Int32(ending.utf8.count))
    defer {
      close(file)
      unlink(path)
    }
    #expect(bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) } == bytes.count)
    let box = Box()
    let input = try InputFile(String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    return try FakeCoordinator.serve { exchange, _ in
      exchange.collectBody(upTo: 1 << 20) { result in
        guard case .success(let body) = result else { return }
        let headers = exchange.request.headers
        box.sent = Sent(type: headers["Content-Type"], coding: headers["Content-Encoding"], body: body)
        exchange.respond(text: "{}")
      }
    } _: { client, _ in
      _ = try await Upload(client, input, name: name, idempotencyKey: nil).send()
      return box.sent
    }
  }

  private static let lines = bytes(
    "1f8b0800000000000203ab562a492cce56b2524a4dcec857d2514a2c4a2f56b232ace5aac62a6154cb0500a87a8a5e32000000")
  private static let document = bytes(
    "1f8b0800000000000203ab562a492cce2e56b28aae06b394ac94529333f2956a636bb900d4931cbc1c000000")
  private static let array = bytes("1f8b08000000000002038bae562a492cce56b2524a4dcec857aa8de502008f502be512000000")

  private static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  @Test(
    "a gzipped file with a task a line is sent as it is, whatever it is called", arguments: [".ndjson.gz", ".gz", ""])
  func gzippedLines(_ ending: String) throws {
    let sent = try Self.sent(Self.lines, as: ending)
    #expect(sent.type == "application/x-ndjson" && sent.coding == "gzip" && sent.body == Self.lines)
  }

  @Test("a gzipped document is sent as it is, unless it has to be changed")
  func gzippedDocument() throws {
    let asItIs = try Self.sent(Self.document, as: ".json.gz")
    #expect(asItIs.type == "application/json" && asItIs.coding == "gzip" && asItIs.body == Self.document)
    let named = try Self.sent(Self.document, as: ".json.gz", name: "n")
    #expect(named.coding == nil && named.body == Array(#"{"name":"n","tasks":[{"task":"echo"}]}"#.utf8))
    let array = try Self.sent(Self.array, as: ".gz")
    #expect(array.coding == nil && array.body == Array(#"{"tasks":[{"task":"echo"}]}"#.utf8))
  }

  @Test("a plain file is sent without a coding")
  func plain() throws {
    let text = Array("{\"task\":\"echo\"}\n".utf8)
    let sent = try Self.sent(text, as: ".ndjson")
    #expect(sent.type == "application/x-ndjson" && sent.coding == nil && sent.body == text)
  }

  @Test("a file that begins like gzip and is none is refused with the place")
  func torn() throws {
    let failure = #expect(throws: Failure.self) { try Self.sent(Array(Self.document.dropLast()), as: ".gz") }
    #expect(failure?.text.contains("begins like gzip and is none: it breaks off") == true, "\(failure?.text ?? "")")
  }
}

/// Guarded by: the loop's thread.
private final class Box: @unchecked Sendable {
  var sent = UploadTests.Sent()
}
