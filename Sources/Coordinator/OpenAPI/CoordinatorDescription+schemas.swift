extension CoordinatorDescription {
  /// What a batch is, and what comes of its tasks.
  static let batchSchemas = #"""
    {"schemas":{
      "BatchState":{"enum":["running","done","cancelled"]},
      "ResultStatus":{
        "enum":["ok","error","cancelled","unknown"],
        "description":"`unknown`: it may have taken effect and must not be repeated"
      },
      "WaitingFor":{"enum":["capacity","task_type","limit","backoff","node_suspect"]},
      "Batch":{
        "description":"At every moment `total = ok + error + cancelled + unknown + running + queued`.",
        "type":"object",
        "required":[
          "id","state","open","total","ok","error","cancelled","unknown","running","queued","retried","hedged",
          "rate_per_s","eta_s","created_at","finished_at","nodes","duration_ms"
        ],
        "properties":{
          "id":{"$ref":"#/components/schemas/Identifier"},
          "name":{"type":"string"},
          "state":{"$ref":"#/components/schemas/BatchState"},
          "open":{"type":"boolean","description":"whether more tasks may come"},
          "total":{"type":"integer","minimum":0},
          "ok":{"type":"integer","minimum":0},
          "error":{"type":"integer","minimum":0},
          "cancelled":{"type":"integer","minimum":0},
          "unknown":{"type":"integer","minimum":0},
          "running":{"type":"integer","minimum":0},
          "queued":{"type":"integer","minimum":0},
          "retried":{"type":"integer","minimum":0,"description":"attempts beyond the first ones"},
          "hedged":{"type":"integer","minimum":0,"description":"tasks with a second copy beside a slow first one"},
          "damaged":{"const":true},
          "damage":{"type":"string","description":"what of it the disk has lost"},
          "take":{
            "type":"array","items":{"$ref":"#/components/schemas/PoolName"},"description":"pools that it takes from"
          },
          "missing_items":{
            "type":"array","items":{"$ref":"#/components/schemas/PoolName"},"description":"of these the empty ones"
          },
          "waiting_for":{"$ref":"#/components/schemas/WaitingFor"},
          "until":{"type":"string","format":"date-time","description":"of `backoff`: when it goes on"},
          "detail":{"type":"string","description":"why nothing is sent, or what a node said when it took nothing"},
          "missing_task_types":{
            "type":"array","items":{"type":"string"},"description":"those that it needs and no living node has"
          },
          "rate_per_s":{"type":"number","minimum":0,"description":"tasks that end each second"},
          "eta_s":{"type":["number","null"],"minimum":0,"description":"how long it will take; null: nobody can say"},
          "created_at":{"type":"string","format":"date-time"},
          "finished_at":{"type":["string","null"],"format":"date-time"},
          "nodes":{
            "type":"object","additionalProperties":{"type":"integer","minimum":0},
            "description":"results by the node that gave them"
          },
          "duration_ms":{"$ref":"#/components/schemas/Durations"},
          "callback_url":{"type":"string"},
          "callback":{"$ref":"#/components/schemas/Callback"}
        },
        "examples":[{
          "id":"0197a000-0000-7000-8000-000000000000","name":"prices","state":"running","open":false,"total":1000,
          "ok":310,"error":2,"cancelled":0,"unknown":0,"running":200,"queued":488,"retried":3,"hedged":0,
          "waiting_for":"capacity","rate_per_s":155.5,"eta_s":4.4,"created_at":"2026-01-01T00:00:00.000Z",
          "finished_at":null,"nodes":{"n1":160,"n2":152},
          "duration_ms":{"p50":18.4,"p90":40.2,"p99":91.1,"max":103.5}
        }]
      },
      "Durations":{
        "description":"Of the last attempts; null while there is none.",
        "type":"object",
        "required":["p50","p90","p99","max"],
        "properties":{
          "p50":{"type":["number","null"],"minimum":0},
          "p90":{"type":["number","null"],"minimum":0},
          "p99":{"type":["number","null"],"minimum":0},
          "max":{"type":["number","null"],"minimum":0}
        }
      },
      "Callback":{
        "description":"Whether the callback URL has heard.",
        "type":"object",
        "required":["state","attempts"],
        "properties":{
          "state":{"enum":["pending","delivered","failed"]},
          "attempts":{"type":"integer","minimum":0},
          "ended_at":{"type":"string","format":"date-time"},
          "error":{"type":"string","description":"why the last call failed"}
        },
        "allOf":[
          {
            "if":{"properties":{"state":{"enum":["delivered","failed"]}}},
            "then":{"required":["ended_at"]}
          },
          {"if":{"properties":{"state":{"const":"failed"}}},"then":{"required":["error"]}}
        ]
      },
      "Result":{
        "type":"object",
        "required":["seq","index","status","attempts","queued_ms","duration_ms"],
        "properties":{
          "seq":{"type":"integer","minimum":1,"description":"its place in the order of completion"},
          "index":{"type":"integer","minimum":0,"description":"the task's place in the batch"},
          "id":{"type":"string","description":"the submitter's own name for the task"},
          "status":{"$ref":"#/components/schemas/ResultStatus"},
          "value":{"description":"what it gave"},
          "error":{"$ref":"#/components/schemas/TaskError"},
          "node":{"type":"string"},
          "attempts":{"type":"integer","minimum":0,"description":"how many were made and count"},
          "queued_ms":{"type":"number","minimum":0,"description":"from the batch's birth to its last start"},
          "duration_ms":{"type":"number","minimum":0,"description":"of its last attempt"}
        },
        "if":{"properties":{"status":{"const":"error"}}},
        "then":{"required":["error"]},
        "examples":[
          {
            "seq":1,"index":7,"id":"mine-7","status":"ok","value":{"status":200},"node":"n2","attempts":1,
            "queued_ms":3.1,"duration_ms":18.4
          },
          {
            "seq":2,"index":8,"status":"error",
            "error":{"code":"timeout","message":"no answer within 30 s","retryable":true},
            "node":"n1","attempts":3,"queued_ms":2.9,"duration_ms":30000
          }
        ]
      },
      "FollowedLine":{"anyOf":[
        {"$ref":"#/components/schemas/Result"},
        {
          "description":"The last line.",
          "type":"object",
          "required":["summary"],
          "properties":{"summary":{"$ref":"#/components/schemas/Batch"}}
        }
      ]}
    }}
    """#
}
