import Glibc

/// What the process holds in memory.
package enum ResidentMemory {
  /// Zero when the kernel does not say.
  package static var bytes: Int {
    // proc(5): sizes in pages; the second one is what is resident.
    let fields = ProcessFile.bytes(of: "statm").split(separator: UInt8(ascii: " "))
    guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}
