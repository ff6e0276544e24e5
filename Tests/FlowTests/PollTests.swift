import Clockwork
import JSON
import Testing

@testable import Flow

private let waiting = #"{"poll":{"get":"http://h/","as":"i"},"until":{"from":"i.status","equals":200},"#

private func poll(_ fields: String) throws -> FlowPlan { try plan(#"{"steps":[\#(waiting)\#(fields)}]}"#) }

@Suite("Polls in virtual time")
struct PollTests {
  @Test("rounds begin every_s after one another, however long their answers take")
  func rhythm() throws {
    let run = FlowRun(try poll(#""every_s":0.5"#), took: 0.2) { _, number in
      .body("", status: number < 3 ? 204 : 200)
    }
    #expect(run.times == [0, 0.5, 1, 1.5])
    #expect(run.value?.isNull == true)
  }

  @Test("a round never begins before the last one's answer is there")
  func slow() throws {
    let run = FlowRun(try poll(#""every_s":0.5"#), took: 0.7) { _, number in
      .body("", status: number < 2 ? 204 : 200)
    }
    #expect(run.times == [0, 0.7, 1.4])
    #expect(run.sleeps == [0, 0])
  }

  @Test("every_s is a second where nothing else is said")
  func pause() throws {
    let run = FlowRun(try poll(#""for_s":3"#)) { _, _ in .body("", status: 204) }
    #expect(run.times == [0, 1, 2])
  }

  @Test("a poll that does not come true within for_s is a timeout at its step, told as soon as it is sure")
  func window() throws {
    let run = FlowRun(try poll(#""every_s":0.2,"for_s":1"#)) { _, _ in .body("", status: 204) }
    #expect(run.times.count == 5)
    #expect(run.failure?.code == .timeout)
    #expect(run.failure?.pointer == "/steps/0")
    #expect(
      run.failure?.message
        == "/steps/0 (poll): within 1 s and 5 rounds it did not come to be that i.status equals 200")
    #expect(run.failure?.mayHaveTakenEffect == false)
  }

  @Test("each request of a poll knows when the poll gives up")
  func deadline() throws {
    let run = FlowRun(try poll(#""for_s":60"#)) { _, _ in .body("") }
    #expect(run.requests.first?.deadline == .zero + .seconds(60))
    #expect(FlowRun(try poll(#""every_s":1"#)) { _, _ in .body("") }.requests.first?.deadline == nil)
  }

  @Test("a poll's request is filled in anew for each round, with the answer before")
  func anew() throws {
    let flow = #"""
      {"steps":[{"set":{"i":{"status":"first"}}},
      {"poll":{"get":"http://h/{{i.status}}","as":"i"},"until":{"from":"i.status","equals":3}}]}
      """#
    let run = FlowRun(try plan(flow)) { _, number in .body("", status: number + 1) }
    #expect(run.urls == ["GET http://h/first", "GET http://h/1", "GET http://h/2"])
  }

  @Test("a request that fails ends the poll")
  func failure() throws {
    let run = FlowRun(try poll(#""every_s":1"#)) { _, number in
      number == 0 ? .body("", status: 204) : .failure(FlowFailure(.connect, "h refused"))
    }
    #expect(run.failure?.code == .connect)
    #expect(run.failure?.message == "/steps/0 (poll): h refused")
  }
}
