import Contract
import JSON
import Net

@testable import Coordinator

extension DescribedAPI {
  static let coordinator = DescribedAPI(try! JSONValue.parse(CoordinatorDescription.json()))

  /// What an answer has that the description has not, or the other way round.
  ///
  /// - Parameter body: the request's.
  func faults(
    of response: HTTPClientResponse, to method: String, _ path: String, _ body: [UInt8] = [], as type: String? = nil
  ) -> [String] {
    let answer = Answer(
      method: method, path: path, status: response.status, headers: response.headers, body: response.body)
    return faults(of: answer) + faults(inRequest: body, as: type, of: answer)
  }
}
