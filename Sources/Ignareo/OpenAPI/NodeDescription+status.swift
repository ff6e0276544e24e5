extension NodeDescription {
  /// `/status` and `/drain`.
  static let statusSection = #"""
    {"paths":{
      "/status":{"get":{
        "operationId":"get_status",
        "summary":"this node's load",
        "tags":["process"],
        "responses":{"200":{
          "description":"As it is now.",
          "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Status"}}}
        }}
      }},
      "/drain":{"post":{
        "operationId":"post_drain",
        "summary":"as SIGTERM: finishes what runs, takes nothing new, leaves the cluster and ends",
        "tags":["process"],
        "responses":{"202":{
          "description":"It begins.",
          "content":{"application/json":{
            "schema":{"type":"object","required":["status"],"properties":{"status":{"const":"draining"}}},
            "example":{"status":"draining"}
          }}
        }}
      }}
    },
    "schemas":{
      "Load":{
        "type":"object",
        "required":[
          "capacity","running","queued","coordinators","done","failed","rate_per_s","loop_lag_ms","slow","draining"
        ],
        "properties":{
          "capacity":{"type":"integer","minimum":1,"description":"tasks that may run at once; as many again may wait"},
          "running":{"type":"integer","minimum":0},
          "queued":{"type":"integer","minimum":0},
          "coordinators":{"type":"integer","minimum":0,"description":"those that have tasks here"},
          "done":{"type":"integer","minimum":0,"description":"tasks that have succeeded since the start"},
          "failed":{"type":"integer","minimum":0},
          "rate_per_s":{"type":"number","minimum":0,"description":"tasks that end each second"},
          "loop_lag_ms":{"type":"number","minimum":0,"description":"of the loop that lags most"},
          "slow":{"type":"boolean","description":"lags so much that it gets no new work"},
          "draining":{"type":"boolean"}
        }
      },
      "Status":{
        "type":"object",
        "allOf":[{"$ref":"#/components/schemas/Load"}],
        "required":["name","role","version","connections","rss_bytes","loops","task_types","workers"],
        "properties":{
          "name":{"type":"string"},
          "role":{"const":"node"},
          "version":{"type":"string"},
          "connections":{"type":"integer","minimum":0,"description":"open, in and out"},
          "rss_bytes":{"type":"integer","minimum":0},
          "loops":{"type":"array","minItems":1,"items":{
            "type":"object",
            "required":["lag_ms"],
            "properties":{"lag_ms":{"type":"number","minimum":0}}
          }},
          "task_types":{"type":"array","items":{"type":"string"}},
          "workers":{"type":"array","items":{
            "type":"object",
            "required":["name","processes","running","restarts"],
            "properties":{
              "name":{"type":"string"},
              "processes":{"type":"integer","minimum":1},
              "running":{"type":"integer","minimum":0},
              "restarts":{"type":"integer","minimum":0}
            }
          }}
        },
        "examples":[{
          "name":"n1","role":"node","version":"0.1.0","capacity":20000,"running":120,"queued":0,"coordinators":1,
          "done":51233,"failed":12,"rate_per_s":3110.5,"loop_lag_ms":0.2,"slow":false,"draining":false,"connections":64,
          "rss_bytes":25165824,"loops":[{"lag_ms":0.2},{"lag_ms":0.1}],
          "task_types":["echo","fail","flow","http","sleep"],"workers":[]
        }]
      }
    }}
    """#
}
