import HTTP
import Loop

/// The beginning of a submission's file, or all of it: its bytes, and the text that they are or, compressed by gzip,
/// hold.
///
/// Guarded by: the loop's thread, on which the command runs.
final class SubmissionFile: @unchecked Sendable {
  private static let gzipMark: [UInt8] = [0x1f, 0x8b]

  private let input: InputFile
  /// As they were read.
  private(set) var bytes: [UInt8] = []
  private var decoded: [UInt8] = []
  private var reader = GzipReader()
  /// Up to here the bytes are decoded.
  private var place = 0
  private(set) var isWhole = false

  init(_ input: InputFile) { self.input = input }

  /// By its first bytes, whatever its name is.
  var isGzip: Bool { bytes.starts(with: Self.gzipMark) }

  /// As far as it is known.
  var text: [UInt8] { isGzip ? decoded : bytes }

  /// The name without the ending of a compressed file, which says what the text is.
  var name: String { isGzip && input.name.hasSuffix(".gz") ? String(input.name.dropLast(3)) : input.name }

  /// Reads on until its text is enough, or ends.
  func read(on loop: EventLoop, until isEnough: ([UInt8]) -> Bool) async throws(Failure) {
    while !isEnough(text) {
      if bytes.count >= Self.gzipMark.count, isGzip, try decode() { continue }
      if isWhole { return }
      let piece = try await input.next(on: loop)
      isWhole = piece.isEmpty
      bytes += piece
    }
  }

  /// Whether there is more text than before.
  private func decode() throws(Failure) -> Bool {
    do throws(GzipError) {
      if let piece = try reader.next(in: bytes.span, at: &place) {
        decoded += piece
        return true
      }
      if isWhole { try reader.end() }
      return false
    } catch {
      throw Failure("\(input.name) begins like gzip and is none: \(error)")
    }
  }
}
