extension Scenario {
  /// The language of a scenario's text, for people who write one.
  package static let language = """
    A scenario is a text of one line a step; what follows # does not count.
      profile local            lan, wan or local; first, if not local
      seed 7                   what it is run with where the command line says nothing else; `members 5` likewise
      lifeguard off            without what keeps slow members from harming others: off, paper, stalls or on
      warm                     at the start all know each other; else they join
      late half                so many are not there at the start; `late 3`: all but the first three
      unchecked                figures only: no checkers and no trace, for thousands of members
      loss 5%                  of datagrams, and of a stream's packets, which are sent again
      duplicates 1%            `latency 1ms 20ms`; `reorder 10%` of datagrams come up to half a second late
      drift 2%                 each member's clock goes wrong by up to so much
      pausing 5% 5s 15s        such a share of members stands still again and again, for so long at a time
      at 10s crash 3           also `restart 3`, `leave 3`, `pause 3`, `resume 3`, `meta 3 text`, `loss 0%` …
      at 10s crash half        of those that run; `restart rest`: all that are down
      at 20s restart 3 elsewhere     under its name, at another address
      at 20s cut 1 2           1's packets no longer reach 2; `mend 1 2`; `mute 1 2`: only its datagrams do not
      at 20s partition 0 1 2   these are cut off from the rest, both ways; `heal`
      at 20s 1 hears dead 2 5 from 3     also `suspect 2 5 from 3`, `alive 2 5`, `alive 2 5 elsewhere`: from nowhere
      by 30s all see 3 dead    alive, suspect, dead, left or unknown; `1 sees 3 dead`
      at 30s measure           from here on counts what members send
      at 30s show 1            whom 1 holds for what, into the record; `record events`, `record packets`, `record off`
      until 60s                then everybody must agree
    Members are numbers from 0, or letters: each letter is another member, drawn from the seed and never 0.
    `half` in a partition draws half of them. What follows a line ---- in a file is the record that the run must give.
    """
}
