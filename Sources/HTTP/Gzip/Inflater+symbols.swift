/// A block's literals and copies: where the time goes.
extension Inflater {
  /// Decodes until the block ends, the window is full, or the input is too short for the next symbol.
  static func decode(
    _ literals: HuffmanTable, _ distances: HuffmanTable, _ input: Span<UInt8>, _ place: inout Int,
    _ bits: inout BitQueue, _ window: inout InflateWindow
  ) throws(InflateFlaw) -> Stop {
    var cursor = SymbolCursor(bits: bits.bits, count: bits.count, place: place, end: window.end)
    let start = window.start
    let stop = input.withUnsafeBytes { input in
      literals.entries.withUnsafeBufferPointer { literals in
        distances.entries.withUnsafeBufferPointer { distances in
          window.bytes.withUnsafeMutableBytes { output in
            // Guarded by: the pointers are valid within these closures and do not leave them.
            run(literals.baseAddress!, distances.baseAddress!, input, output.baseAddress!, from: start, &cursor)
          }
        }
      }
    }
    // Above the count stand bits that were read and not counted: they come again with the next byte.
    bits.bits = cursor.bits & (1 << UInt64(cursor.count) - 1)
    (bits.count, place, window.end) = (cursor.count, cursor.place, cursor.end)
    switch stop {
    case .needsInput: return .needsInput
    case .windowFull: return .windowFull
    case .blockEnd: return .ended
    case .flaw(let flaw): throw flaw
    }
  }

  private enum SymbolStop {
    case needsInput, windowFull, blockEnd
    case flaw(InflateFlaw)
  }

  /// A symbol with all that belongs to it has at most 48 bits: it is used as a whole or, where the input ends within
  /// it, not at all.
  ///
  /// The tables have an entry for whatever bits find one, and `InflateWindow.stepBytes` are free before each turn.
  private static func run(
    _ literals: UnsafePointer<UInt32>, _ distances: UnsafePointer<UInt32>, _ input: UnsafeRawBufferPointer,
    _ output: UnsafeMutableRawPointer, from start: Int, _ outer: inout SymbolCursor
  ) -> SymbolStop {
    var cursor = outer
    defer { outer = cursor }
    while true {
      cursor.refill(input)
      guard cursor.end <= InflateWindow.fullBytes else { return .windowFull }
      var entry = cursor.entry(literals, root: HuffmanTable.literalRootBits)
      while entry & HuffmanTable.literal != 0, cursor.has(entry) {
        cursor.use(literal: entry, output)
        entry = cursor.entry(literals, root: HuffmanTable.literalRootBits)
      }
      entry = cursor.further(entry, literals, root: HuffmanTable.literalRootBits)
      if entry & (HuffmanTable.literal | HuffmanTable.exception) != 0 {
        if entry == HuffmanTable.nothing {
          if cursor.count >= HuffmanTable.mostBits { return .flaw(.symbol) }
        } else if cursor.has(entry) {
          if entry & HuffmanTable.literal == 0 {
            cursor.drop(Int(entry & 0xff))
            return .blockEnd
          }
          cursor.use(literal: entry, output)
          continue
        }
      } else {
        // Looked at on a copy, which is taken over once all of it is there.
        var ahead = cursor
        let length = ahead.take(entry)
        entry = ahead.entry(distances, root: HuffmanTable.distanceRootBits)
        entry = ahead.further(entry, distances, root: HuffmanTable.distanceRootBits)
        if entry == HuffmanTable.nothing {
          if ahead.count >= HuffmanTable.mostBits { return .flaw(.symbol) }
        } else {
          let distance = ahead.take(entry)
          if ahead.count >= 0 {
            guard distance <= ahead.end &- start else { return .flaw(.distance) }
            cursor = ahead
            cursor.copy(length, from: distance, output)
            continue
          }
        }
      }
      if cursor.place == input.count { return .needsInput }
    }
  }
}

/// Where decoding stands, small enough for registers.
private struct SymbolCursor {
  var bits: UInt64
  /// Below zero on a copy that looked beyond the input's end.
  var count: Int
  var place: Int
  var end: Int

  /// Until there are 56 bits or more, or all there are. Eight bytes are read at once where they are there, and only
  /// whole ones of them counted.
  @inline(__always) mutating func refill(_ input: UnsafeRawBufferPointer) {
    if input.count &- place >= 8 {
      let word = UInt64(littleEndian: input.baseAddress!.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      bits |= word &<< UInt64(truncatingIfNeeded: count)
      place &+= (63 &- count) &>> 3
      count |= 56
    } else {
      while count < 56, place < input.count {
        bits |= UInt64(input[place]) &<< UInt64(truncatingIfNeeded: count)
        count &+= 8
        place &+= 1
      }
    }
  }

  @inline(__always) func entry(_ table: UnsafePointer<UInt32>, root: Int) -> UInt32 {
    table[Int(truncatingIfNeeded: bits & (1 << UInt64(root) - 1))]
  }

  /// The entry of a code that is longer than the root.
  @inline(__always) func further(_ entry: UInt32, _ table: UnsafePointer<UInt32>, root: Int) -> UInt32 {
    guard entry & HuffmanTable.furtherTable != 0 else { return entry }
    let place = bits &>> UInt64(root) & (1 &<< UInt64(entry &>> 8 & 15) &- 1)
    return table[Int(entry &>> 16) &+ Int(truncatingIfNeeded: place)]
  }

  @inline(__always) func has(_ entry: UInt32) -> Bool { Int(entry & 0xff) <= count }

  @inline(__always) mutating func drop(_ used: Int) {
    bits &>>= UInt64(truncatingIfNeeded: used)
    count &-= used
  }

  @inline(__always) mutating func use(literal entry: UInt32, _ output: UnsafeMutableRawPointer) {
    output.storeBytes(of: UInt8(truncatingIfNeeded: entry &>> 16), toByteOffset: end, as: UInt8.self)
    end &+= 1
    drop(Int(entry & 0xff))
  }

  /// Takes a length's or a distance's code and its extra bits.
  @inline(__always) mutating func take(_ entry: UInt32) -> Int {
    drop(Int(entry & 0xff))
    let extra = UInt64(entry &>> 8 & 15)
    defer { drop(Int(truncatingIfNeeded: extra)) }
    return Int(entry &>> 16) &+ Int(truncatingIfNeeded: bits & (1 &<< extra &- 1))
  }

  /// Copies what was decoded before; the copy may run into itself. Writes up to seven bytes more than it says.
  @inline(__always) mutating func copy(_ length: Int, from distance: Int, _ output: UnsafeMutableRawPointer) {
    let stop = end &+ length
    var (from, to) = (end &- distance, end)
    if distance >= 8 {
      repeat {
        output.storeBytes(
          of: output.loadUnaligned(fromByteOffset: from, as: UInt64.self), toByteOffset: to, as: UInt64.self)
        from &+= 8
        to &+= 8
      } while to < stop
    } else if distance == 1 {
      let byte = UInt64(output.load(fromByteOffset: from, as: UInt8.self)) &* 0x0101_0101_0101_0101
      repeat {
        output.storeBytes(of: byte, toByteOffset: to, as: UInt64.self)
        to &+= 8
      } while to < stop
    } else {
      repeat {
        output.storeBytes(of: output.load(fromByteOffset: from, as: UInt8.self), toByteOffset: to, as: UInt8.self)
        from &+= 1
        to &+= 1
      } while to < stop
    }
    end = stop
  }
}
