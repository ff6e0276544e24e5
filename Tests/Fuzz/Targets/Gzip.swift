import HTTP

/// Gzip: the pieces make no difference, the output comes in bounded ones, and nothing is read twice or left behind. The
/// same bytes are read as a file and as the data of one.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = input(start, count)
  for bytes in [bytes, [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3] + bytes] {
    let whole = said(bytes, .whole)
    require(said(bytes, .single) == whole, "single bytes say something else")
    require(said(bytes, .uneven) == whole, "uneven pieces say something else")
    require(whole.count <= 1_032 * bytes.count + 1_032, "more came out than DEFLATE can hold")
  }
  return 0
}

private struct Said: Equatable {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  var count = 0
  var error: GzipError?

  mutating func take(_ piece: [UInt8]) {
    require(!piece.isEmpty && piece.count <= GzipReader.pieceBytes, "a piece of \(piece.count) bytes")
    count += piece.count
    for byte in piece { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01b3 }
  }
}

private func said(_ bytes: [UInt8], _ cut: Cut) -> Said {
  var reader = GzipReader()
  var said = Said()
  do throws(GzipError) {
    for piece in cut.pieces(bytes) {
      var (place, before) = (0, 0)
      while let part = try reader.next(in: piece.span, at: &place) {
        said.take(part)
        require(before <= place && place <= piece.count, "the place left the input")
        before = place
      }
      require(place == piece.count, "input is left behind")
    }
    try reader.end()
  } catch {
    require(error.offset <= bytes.count, "an error behind the end")
    said.error = error
    require(again(&reader) == error, "an error is not thrown again")
  }
  return said
}

private func again(_ reader: inout GzipReader) -> GzipError? {
  var place = 0
  do throws(GzipError) {
    _ = try reader.next(in: [0x1f].span, at: &place)
    return nil
  } catch { return error }
}
