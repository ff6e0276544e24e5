import Contract
import JSON
import Loop

@testable import Ignareo

extension DescribedAPI {
  private static let known = Lock<[String: DescribedAPI]>([:])

  /// A node's. Made once for the same types: hundreds of tests ask for it.
  static func of(_ types: TaskTypes) throws -> DescribedAPI {
    let name = types.inOrder.map { "\($0.name) \($0.schema.text)" }.joined(separator: "\n")
    if let api = known.withLock({ $0[name] }) { return api }
    let api = DescribedAPI(try JSONValue.parse(NodeDescription.json(of: types)))
    known.withLock { $0[name] = api }
    return api
  }
}
