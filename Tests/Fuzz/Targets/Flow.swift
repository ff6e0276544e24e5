import Clockwork
import Flow
import JSON

/// A flow, a NUL, and the body of every answer: what is refused is refused with its pointer; what runs says only what
/// is JSON, waits for no time before now, and ends as it should.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = input(start, count)
  guard let arguments = try? JSONValue.parse(bytes.prefix { $0 != 0 }) else { return 0 }
  do throws(FlowRefusal) {
    let plan = try FlowPlan(arguments, rules: rules)
    run(plan, body: Array(bytes.drop { $0 != 0 }.dropFirst()))
  } catch {
    require((try? JSONPointer(error.pointer)) != nil, "a refusal's pointer is none: \(error)")
    require(error.message.hasPrefix(error.pointer), "a refusal speaks of another place: \(error)")
    if !error.pointer.isEmpty {
      require(arguments.at(pointer: error.pointer) != nil, "a refusal of what is not there: \(error)")
    }
  }
  return 0
}

/// Of `http` as far as a flow knows it; what is odd about a URL or a field is refused by its first byte.
private let rules = RequestRules(
  fields: ["url", "method", "headers", "body", "json", "form", "timeout_s", "max_body_bytes", "expect_status", "want"]
) { arguments in
  check(arguments)
  if arguments["url"]?.string?.hasPrefix("http") != true { return ("/url", "/url must be a URL") }
  if let time = arguments["timeout_s"], time.double == nil { return ("/timeout_s", "/timeout_s must be a number") }
  return nil
}

/// What a flow writes was never parsed: it must be JSON all the same.
private func check(_ written: JSONValue) {
  let read = try? JSONValue.parse(Array(written.bytes), depthLimit: 2 * JSONLimits.depth)
  require(read?.bytes.count == written.bytes.count, "a flow writes what is no JSON: \(written)")
}

private func run(_ plan: FlowPlan, body: [UInt8]) {
  var machine = FlowMachine(plan)
  var input = FlowMachine.Input.start
  var now = Instant.zero
  // A poll may go on for ever.
  for turn in 0..<40 {
    switch machine.handle(input, at: now) {
    case .request(let request):
      check(request.arguments)
      require(request.arguments["url"] != nil && request.arguments["want"]?.elements != nil, "a request of nothing")
      require(request.deadline.map { $0 >= now } ?? true, "a request that is too late")
      now += .milliseconds(1)
      input = turn % 17 == 16 ? .failed(FlowFailure(.lost, "it broke off")) : .answered(answer(request, body))
    case .sleep(let end):
      require(end >= now, "a sleep that is over")
      now = max(now, end)
      input = turn % 13 == 12 ? .outOfTime("time was up") : .woke
    case .done(let value): return check(value)
    case .failed(let failure):
      require(failure.message.hasPrefix(failure.pointer) && !failure.pointer.isEmpty, "a failure of no step")
      return
    }
  }
}

private func answer(_ request: FlowRequest, _ body: [UInt8]) -> FlowResponse {
  let wanted = request.arguments["want"]?.elements?.compactMap(\.string) ?? []
  let members = JSONValue.object { object in
    if wanted.contains("status") { object.member("status", 200) }
    if let url = request.arguments["url"] { object.member("url", url) }
    if wanted.contains("headers") { object.object("headers") { $0.member("x-left", "12") } }
    if wanted.contains("bytes") { object.member("bytes", body.count) }
  }
  return FlowResponse(members: members, body: body)
}
