extension BatchScenario {
  /// The language of a scenario's text, for people who write one.
  package static let language = """
    A scenario of batches is a text of one line a step, too:
      breaks 5%                of exchanges break on the way. Likewise `refuses`, `unreached`, `garbles`; `doubles`: of
                               results come twice; `late`: come after their exchange is over; `partial`: of shards do
                               not go out whole; `straggles`: of attempts take thirty times as long; `unanswered`: of
                               submitters do not hear the answer; `poison`: of the tasks of the batches that follow
                               take their nodes down
      lost 5%                  of the datagrams by which the members gossip
      latency 1ms 20ms         of the network; `sync 1ms 8ms`: of the disk
      coordinators 2           side by side, each with a disk of its own; batches go to them in turn. Without it: 1
      drift 2%                 the coordinator's clock goes wrong by up to so much
      at 2s submit 60          a batch of up to so many tasks; `cancel 0`: the first one's submitter wants it to end
      at 5s crash a            a node's process is gone; `restart a`
      at 5s partition a        cut off from the coordinator, perhaps from all others too; `heal a`
      at 5s slow a             twenty times as slow; `fast a`
      at 5s refuse a           answers 503; `accept a`
      at 5s suspect a          says nothing to the other members for two to four seconds
      at 5s drain a            ends what it has, then leaves
      at 5s kill               the coordinator's process is gone; `power`: the whole machine; `start`. `kill 1`: the
                               second one's
      at 5s full               the disk takes no byte; `room`
      until 60s                then all faults end, and so must all batches
    Nodes are numbers from 0, or letters: each letter is another node, drawn from the seed and never 0.
    """
}
