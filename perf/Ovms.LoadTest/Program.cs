using System.CommandLine;
using System.Net;
using Ovms.LoadTest.Allocations;
using Ovms.LoadTest.Load;

var grpc = new Option<string?>("--grpc") { Description = "HOST:PORT of the gRPC server" };
var rest = new Option<string?>("--rest") { Description = "HOST:PORT of the REST server" };
var processId = new Option<int?>("--pid") { Description = "process of the server, for CPU per request" };
var seconds = new Option<double>("--seconds") { Description = "time of one scenario", DefaultValueFactory = static _ => 3 };
var json = new Option<string?>("--json") { Description = "also writes the figures to this file" };
var load = new Command("load", "loads a running server that serves the model dummy") { grpc, rest, processId, seconds, json };
load.SetAction(result => LoadCommand.Run(Endpoint(result.GetValue(grpc)), Endpoint(result.GetValue(rest)), result.GetValue(processId), result.GetValue(seconds), result.GetValue(json)));
var allocations = new Command("allocations", "measures managed bytes per request of servers in this process; fails when any are ours");
allocations.SetAction(static (_, _) => AllocationCommand.RunAsync());
return await new RootCommand("Load generator and allocation gate of ovms.net") { load, allocations }.Parse(args).InvokeAsync();

static IPEndPoint? Endpoint(string? text) => text is null ? null : IPEndPoint.Parse(text.Replace("localhost", "127.0.0.1", StringComparison.Ordinal));
