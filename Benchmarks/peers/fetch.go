// GETs with net/http: fetch URL CONNECTIONS SECONDS. Prints one line of JSON, counted after a warm-up.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

func processorSeconds() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)*1e-6
}

func main() {
	url := os.Args[1]
	connections, _ := strconv.Atoi(os.Args[2])
	seconds, _ := strconv.ParseFloat(os.Args[3], 64)
	client := &http.Client{Transport: &http.Transport{
		MaxIdleConns: connections, MaxIdleConnsPerHost: connections, DisableCompression: true,
	}}
	var answers, failures int64
	for i := 0; i < connections; i++ {
		go func() {
			for {
				response, err := client.Get(url)
				if err != nil {
					atomic.AddInt64(&failures, 1)
					continue
				}
				_, err = io.Copy(io.Discard, response.Body)
				response.Body.Close()
				if err == nil && response.StatusCode == 200 {
					atomic.AddInt64(&answers, 1)
				} else {
					atomic.AddInt64(&failures, 1)
				}
			}
		}()
	}
	warmUp := 500 * time.Millisecond
	if connections > 200 {
		warmUp = 2 * time.Second
	}
	time.Sleep(warmUp)
	before, processor, start := atomic.LoadInt64(&answers), processorSeconds(), time.Now()
	time.Sleep(time.Duration(seconds * float64(time.Second)))
	count, elapsed := atomic.LoadInt64(&answers)-before, time.Since(start).Seconds()
	fmt.Printf("{\"n\":%d,\"secs\":%f,\"cpu\":%f,\"err\":%d}\n",
		count, elapsed, processorSeconds()-processor, atomic.LoadInt64(&failures))
}
