extension NodesReport {
  /// `/nodes`, the same for every role, as a section of an OpenAPI document.
  package static let openAPISection = #"""
    {"paths":{
      "/nodes":{"get":{
        "operationId":"get_nodes",
        "summary":"the cluster as this process sees it",
        "description":"`cluster` counts the nodes, whatever the filter chooses among the members.",
        "tags":["cluster"],
        "parameters":[
          {
            "name":"state","in":"query","description":"only members in one of these states; a comma list does as well",
            "schema":{"type":"array","items":{"$ref":"#/components/schemas/MemberState"}}
          },
          {
            "name":"role","in":"query","description":"only members with one of these roles; a comma list does as well",
            "schema":{"type":"array","items":{"$ref":"#/components/schemas/MemberRole"}}
          },
          {
            "name":"tag","in":"query","description":"only members with all of these tags, each `KEY=VALUE`",
            "schema":{"type":"array","items":{"type":"string","pattern":"="}},"example":["zone=a"]
          }
        ],
        "responses":{"200":{
          "description":"JSON, or a page for people where HTML is more welcome.",
          "content":{
            "application/json":{"schema":{"$ref":"#/components/schemas/Cluster"}},
            "text/html; charset=utf-8":{"schema":{"type":"string"}}
          }
        }}
      }},
      "/nodes/{name}":{
        "parameters":[
          {"name":"name","in":"path","required":true,"description":"a member's name","schema":{"type":"string"}}
        ],
        "get":{
          "operationId":"get_node",
          "summary":"one member",
          "tags":["cluster"],
          "responses":{
            "200":{
              "description":"The member.",
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Member"}}}
            },
            "404":{"$ref":"#/components/responses/NotFound"}
          }
        }
      },
      "/nodes/{name}/drain":{
        "parameters":[
          {"name":"name","in":"path","required":true,"description":"a member's name","schema":{"type":"string"}}
        ],
        "post":{
          "operationId":"post_node_drain",
          "summary":"drains a member: its own `POST /drain`, through this process",
          "tags":["cluster"],
          "responses":{
            "202":{
              "description":"It begins.",
              "content":{"application/json":{
                "schema":{
                  "type":"object","required":["name","status"],
                  "properties":{"name":{"type":"string"},"status":{"const":"draining"}}
                },
                "example":{"name":"n1","status":"draining"}
              }}
            },
            "404":{"$ref":"#/components/responses/NotFound"},
            "409":{"$ref":"#/components/responses/NotDrained"},
            "502":{"$ref":"#/components/responses/NotDrained"}
          }
        }
      }
    },
    "responses":{
      "NotDrained":{
        "description":"The member cannot be drained (409) or did not take the order (502); `detail` says why.",
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      }
    },
    "schemas":{
      "MemberState":{"enum":["alive","suspect","dead","left"]},
      "MemberRole":{"enum":["node","coordinator","other"],"description":"`other` is a foreign memberlist peer"},
      "Cluster":{
        "type":"object",
        "required":["cluster","nodes"],
        "properties":{
          "cluster":{
            "description":"The nodes by their state, and what the living ones can do and do now.",
            "type":"object",
            "required":["alive","suspect","dead","left","capacity","running"],
            "properties":{
              "alive":{"type":"integer","minimum":0},
              "suspect":{"type":"integer","minimum":0},
              "dead":{"type":"integer","minimum":0},
              "left":{"type":"integer","minimum":0},
              "capacity":{"type":"integer","minimum":0},
              "running":{"type":"integer","minimum":0}
            }
          },
          "nodes":{"type":"array","items":{"$ref":"#/components/schemas/Member"}}
        }
      },
      "Member":{
        "description":"A member, and if it is a node that answered, its load.",
        "type":"object",
        "required":["name","role","state","gossip","incarnation","since","tags"],
        "properties":{
          "name":{"type":"string"},
          "role":{"$ref":"#/components/schemas/MemberRole"},
          "state":{"$ref":"#/components/schemas/MemberState"},
          "http":{"type":"string","description":"where its API is dialled"},
          "gossip":{"type":"string","description":"where it gossips"},
          "incarnation":{"type":"integer","minimum":0},
          "since":{"type":"string","format":"date-time","description":"when its state began"},
          "suspected_by":{
            "type":"array","items":{"type":"string"},
            "description":"who accuses a suspect, or accused one that died by that; the first one first"
          },
          "problem":{"type":"string","description":"what is wrong with the member and how to mend it"},
          "version":{"type":"string"},
          "tags":{"type":"object","additionalProperties":{"type":"string"}},
          "rtt_ms":{"type":"number","minimum":0,"description":"of the probes, smoothed; of the living"},
          "task_types":{"type":"array","items":{"type":"string"}},
          "capacity":{"type":"integer","minimum":0},
          "running":{"type":"integer","minimum":0},
          "queued":{"type":"integer","minimum":0},
          "done":{"type":"integer","minimum":0},
          "failed":{"type":"integer","minimum":0},
          "rate_per_s":{"type":"number","minimum":0},
          "loop_lag_ms":{"type":"number","minimum":0},
          "slow":{"type":"boolean","description":"alive by its own word, but its loops lag: it gets no new work"},
          "draining":{"type":"boolean"}
        },
        "examples":[{
          "name":"n1","role":"node","state":"alive","http":"10.0.0.7:55568","gossip":"10.0.0.7:7946","incarnation":4,
          "since":"2026-01-01T00:00:00.000Z","version":"0.1.0","tags":{"zone":"a"},"rtt_ms":0.4,
          "task_types":["echo","flow","http","sleep"],"capacity":4096,"running":120,"queued":0,"done":51233,"failed":12,
          "rate_per_s":3110.5,"loop_lag_ms":0.2,"slow":false,"draining":false
        }]
      }
    }}
    """#
}
