import Batch
package import Clockwork
import Glibc

/// Reads a batch's results from a journal's folder, whether a coordinator uses it or not. Blocks.
package enum JournalReader {
  package struct Failure: Error, Equatable {
    /// The cause and the way out, for people.
    package let text: String
  }

  /// - Parameters:
  ///   - path: the folder that a coordinator has as `--data`.
  ///   - after: results up to this `seq` are left out.
  ///   - take: gets each result's line of NDJSON, line break included, and says whether it wants more.
  /// - Returns: what of the log could not be read, for people; nil for nothing.
  package static func readResults(
    of id: UUIDv7, in path: String, after: Int, _ take: (ArraySlice<UInt8>) -> Bool
  ) throws(Failure) -> String? {
    let folder = JournalFolder(path: path)
    let read: (scanner: RecordScanner, end: Int, bytes: Int)?
    do throws(JournalError) {
      read = try folder.scan(JournalLog(batch: id, kind: .results)) { _, payload in
        guard case .result(let result)? = JournalRecord(payload), Int(result.seq) > after else { return true }
        return take(result.line)
      }
    } catch {
      throw Failure(text: error.text)
    }
    // A batch that has lost the log of its tasks has its results still.
    guard read != nil || access(folder.path(of: id), F_OK) == 0 else {
      throw Failure(text: "\(path) holds no batch \(id.text); `ls \(path)/batches` lists those that it holds")
    }
    guard let scanner = read?.scanner, let first = scanner.damage.first else { return nil }
    return
      "\(scanner.damagedBytes) bytes of results.log are damaged, from byte \(first.offset) on: what they held is lost"
  }
}
