using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Ovms.Runtime.Tensors;
using Ovms.Server.Dispatch;
using Ovms.Server.Rest;
using Ovms.Server.Tests.Dispatch;

namespace Ovms.Server.Tests.Rest;

/// <summary>A listening server, a fake model, real sockets.</summary>
public sealed class RestServerTests : IAsyncLifetime
{
    private const string Row = """{"signature_name": "serving_default", "instances": [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]}""";

    private const string RowAnswer = "{\n    \"predictions\": [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]\n    ]\n}";

    private readonly ModelRegistry _registry = new();
    private readonly FakeModel _dummy = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None });
    private RestServer _server = default!; // set by InitializeAsync

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _registry.Publish(new ServableVersion("dummy", 1, _dummy));
        _registry.Publish(new ServableVersion("a b/c", 3, new FakeModel()));
        _registry.AddModel("empty");
        _registry.SetState("failed", 2, ModelVersionState.Loading, 2);
        _server = new RestServer(new RestServerOptions { BindAddress = IPAddress.Loopback, Port = 0, MaxBodyBytes = 1 << 20 }, new Dispatcher(_registry));
        await _server.StartAsync(Cancel);
        _client.BaseAddress = new Uri($"http://127.0.0.1:{_server.Port}");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(CancellationToken.None);
        Assert.Equal(0, _server.RentedBlocks);
        await _server.DisposeAsync();
        _client.Dispose();
    }

    [Theory]
    [InlineData("/v1/models/dummy:predict")]
    [InlineData("/v1/models/dummy/versions/1:predict")]
    [InlineData("/v1/models/dummy/versions/0:predict")]
    [InlineData("/v1/models/dummy/versions/0001:predict")]
    [InlineData("/v1/models/dummy/labels/stable:predict")]
    [InlineData("/v1/models/d%75mmy:predict")]
    [InlineData("/v1/models/a%20b%2Fc:predict")]
    [InlineData("//v1/models/dummy:predict")]
    [InlineData("/v1/models/dummy:predict?query=dropped")]
    public async Task Predict_EveryWayToAddressAModel_Answers(string path)
    {
        var (status, headers, body) = await SendAsync("POST", path, Row);

        Assert.Equal(200, status);
        Assert.Equal(RowAnswer, body);
        Assert.Contains("Content-Type: application/json\r\n", headers, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Access-Control-Allow-Origin: *\r\n", headers, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Access-Control-Allow-Methods: *\r\n", headers, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Access-Control-Allow-Headers: *\r\n", headers, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Server:", headers, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("""{"inputs": {"b": [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]]}}""")]
    [InlineData("""{"inputs": [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]}""")]
    public async Task Predict_Column_AnswersAsTheSpecSays(string body) => Assert.Equal(
        (200, "{\n    \"outputs\": [\n        [\n            1.0,\n            2.0,\n            3.0,\n            4.0,\n            5.0,\n            6.0,\n"
            + "            7.0,\n            8.0,\n            9.0,\n            10.0\n        ]\n    ]\n}"),
        await PostAsync("/v1/models/dummy:predict", body));

    [Theory]
    [InlineData("POST", "/v1/models/nope:predict", """{"instances": [[1]]}""", 404, "Model with requested name is not found")]
    [InlineData("POST", "/v1/models/nope:predict", "not json", 404, "Model with requested name is not found")]
    [InlineData("POST", "/v1/models/empty:predict", "{}", 404, "Model with requested version is not found")]
    [InlineData("POST", "/v1/models/dummy/versions/9:predict", "{}", 404, "Model with requested version is not found")]
    [InlineData("POST", "/v1/models/dummy/versions/9223372036854775808:predict", "{}", 404, "Model with requested version is not found")]
    [InlineData("POST", "/v1/models/failed/versions/2:predict", "{}", 404, "Model with requested version is not loaded yet")]
    [InlineData("POST", "/v1/models/dummy:predict", "", 412, "The file is not valid json - Error: The document is empty. Offset: 0")]
    [InlineData("POST", "/v1/models/dummy:predict", "{}", 400, "Invalid JSON structure. Could not detect row or column format")]
    [InlineData("POST", "/v1/models/dummy:predict", """{"inputs": [[0,1,2]]}""", 400, "Invalid input shape - Expected: (1,10); Actual: (1,3); input name: b")]
    [InlineData("POST", "/v1/models/dummy:predict", """{"instances": [[0],[0]]}""", 400, "Invalid input batch size - Expected: 1; Actual: 2; input name: b")]
    [InlineData("POST", "/v1/models/dummy:predict", """{"inputs": {"x": [[0]], "b": [[0]]}}""", 400, "Invalid number of inputs - Expected: 1; Actual: 2")]
    [InlineData("POST", "/v1/models/dummy:predict", """{"inputs": {"x": [[0]]}}""", 400, "Missing input with specific name - Required input: b")]
    [InlineData("POST", "/v1/models/dummy:predict", """{"instances": [{"b64": "AAAA"}]}""", 501, "Functionality not implemented")]
    [InlineData("POST", "/v1/models/dummy:classify", "{}", 404, "Requested REST resource not found")]
    [InlineData("POST", "/v1/models/dummy/versions/1:regress", "{}", 404, "Requested REST resource not found")]
    [InlineData("GET", "/v1/models/dummy:predict", null, 406, "Unsupported method")]
    [InlineData("GET", "/v1/config/reload", null, 406, "Unsupported method")]
    [InlineData("POST", "/v1/models/dummy", "{}", 406, "Unsupported method")]
    [InlineData("POST", "/v1/models/dummy/metadata", "{}", 406, "Unsupported method")]
    [InlineData("POST", "/v1/config", "", 406, "Unsupported method")]
    [InlineData("PUT", "/v1/models/dummy:predict", "{}", 406, "Unsupported method")]
    [InlineData("DELETE", "/anything", null, 406, "Unsupported method")]
    [InlineData("PATCH", "/v1/models/dummy", "{}", 406, "Unsupported method")]
    [InlineData("GET", "/foo", null, 400, "Invalid request URL")]
    [InlineData("GET", "/", null, 400, "Invalid request URL")]
    [InlineData("POST", "/v1/models/dummy:predict/", "{}", 400, "Invalid request URL")]
    [InlineData("POST", "/v1/models/dummy:Predict", "{}", 400, "Invalid request URL")]
    [InlineData("POST", "/V1/models/dummy:predict", "{}", 400, "Invalid request URL")]
    [InlineData("POST", "/v1/models/dummy/versions/x:predict", "{}", 400, "Invalid request URL")]
    [InlineData("POST", "/v1/models/dummy/versions/-1:predict", "{}", 400, "Invalid request URL")]
    [InlineData("POST", "/v1/models/:predict", "{}", 400, "Invalid request URL")]
    [InlineData("POST", "/v1/models:predict", "{}", 400, "Invalid request URL")]
    [InlineData("GET", "/v1/models/dummy/", null, 400, "Invalid request URL")]
    [InlineData("GET", "/v1/models/dummy/metadata/", null, 400, "Invalid request URL")]
    [InlineData("GET", "/ab/v1/models/dummy", null, 400, "Invalid request URL")]
    [InlineData("GET", "/v1/models", null, 404, "Model with requested name is not found")]
    [InlineData("GET", "/v1/models/versions/1", null, 404, "Model with requested name is not found")]
    [InlineData("GET", "/v1/models/nope", null, 404, "Model with requested name is not found")]
    [InlineData("GET", "/v1/models/dummy/versions/9", null, 404, "Model with requested version is not found")]
    [InlineData("GET", "/v1/models/dummy/versions/99999999999999999999", null, 404, "Model with requested version is not found")]
    [InlineData("GET", "/v1/models/nope/metadata", null, 404, "Model with requested name is not found")]
    [InlineData("GET", "/v1/models/dummy/versions/9/metadata", null, 404, "Model with requested version is not found")]
    [InlineData("GET", "/v1/models/../secret", null, 400, "The provided base path is invalid or doesn't exists")]
    [InlineData("GET", "/v1/models/..", null, 400, "The provided base path is invalid or doesn't exists")]
    [InlineData("PUT", "/../x", "", 400, "The provided base path is invalid or doesn't exists")]
    public async Task Request_WrongInAnyWay_GetsCodeAndText(string verb, string path, string? body, int status, string text)
    {
        var (code, headers, answer) = await SendAsync(verb, path, body);

        Assert.Equal((status, "{\"error\":\"" + text + "\"}"), (code, answer));
        Assert.Contains("Content-Type: application/json\r\n", headers, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Config_UntilItIsBuilt_IsRefusedInItsOwnForm()
    {
        Assert.Equal((501, "{\n\t\"error\": \"Functionality not implemented\"\n}"), await GetAsync("/v1/config"));
        Assert.Equal((501, "{\n\t\"error\": \"Functionality not implemented\"\n}"), await PostAsync("/v1/config/reload", ""));
    }

    [Fact]
    public async Task Options_OnAnyPath_IsAnsweredForBrowsers()
    {
        var (status, headers, body) = await SendAsync("OPTIONS", "/v1/anything", null);

        Assert.Equal((200, ""), (status, body));
        Assert.Contains("Access-Control-Allow-Origin: *\r\n", headers, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Status_OfModelAndVersion_IsUpstreamsText()
    {
        const string Available = """
            {
             "model_version_status": [
              {
               "version": "1",
               "state": "AVAILABLE",
               "status": {
                "error_code": "OK",
                "error_message": "OK"
               }
              }
             ]
            }

            """;
        Assert.Equal((200, Available), await GetAsync("/v1/models/dummy"));
        Assert.Equal((200, Available), await GetAsync("/v1/models/dummy/versions/1"));
        Assert.Equal((200, Available), await GetAsync("/v1/models/dummy/versions/0"));
        Assert.Equal((200, "{\n \"model_version_status\": []\n}\n"), await GetAsync("/v1/models/empty"));
        var failed = Available.Replace("\"1\"", "\"2\"").Replace("AVAILABLE", "LOADING").Replace("\"OK\"", "\"UNKNOWN\"");
        Assert.Equal((200, failed), await GetAsync("/v1/models/failed"));
    }

    [Fact]
    public async Task Status_OfSeveralVersions_IsAscending()
    {
        _registry.Publish(new ServableVersion("dummy", 12, new FakeModel()));
        var (_, body) = await GetAsync("/v1/models/dummy");

        Assert.Contains("  },\n  {\n   \"version\": \"12\",", body, StringComparison.Ordinal);
        Assert.StartsWith("{\n \"model_version_status\": [\n  {\n   \"version\": \"1\",", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Head_OfStatus_HasNoBody()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/v1/models/dummy");
        using var response = await _client.SendAsync(request, Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Cancel));
    }

    [Fact]
    public async Task Metadata_OfModel_IsUpstreamsText()
    {
        const string Tensor = """
                  "b": {
                   "dtype": "DT_FLOAT",
                   "tensorShape": {
                    "dim": [
                     {
                      "size": "1",
                      "name": ""
                     },
                     {
                      "size": "10",
                      "name": ""
                     }
                    ],
                    "unknownRank": false
                   },
                   "name": "b"
                  }

            """;
        var expected = """
            {
             "modelSpec": {
              "name": "dummy",
              "signatureName": "",
              "version": "1"
             },
             "metadata": {
              "signature_def": {
               "@type": "type.googleapis.com/tensorflow.serving.SignatureDefMap",
               "signatureDef": {
                "serving_default": {
                 "inputs": {

            """ + Tensor + "     },\n     \"outputs\": {\n" + Tensor.Replace("\"b\"", "\"a\"") + """
                 },
                 "methodName": "",
                 "defaults": {}
                }
               }
              }
             }
            }

            """;

        Assert.Equal((200, expected), await GetAsync("/v1/models/dummy/metadata"));
        Assert.Equal((200, expected), await GetAsync("/v1/models/dummy/versions/1/metadata"));
    }

    [Fact]
    public async Task Metadata_OfDynamicAndScalarInputs_ShowsThem()
    {
        _registry.Publish(new ServableVersion(
            "shapes",
            1,
            new FakeModel(
                FakeModel.Describe("s", ElementType.BF16, PartialShape.Of()),
                FakeModel.Describe("d", ElementType.I64, new PartialShape(Dimension.Any, new Dimension(1, 9))))));
        var (_, body) = await GetAsync("/v1/models/shapes/metadata");

        Assert.Contains("\"dtype\": \"DT_BFLOAT16\",\n       \"tensorShape\": {\n        \"dim\": [],\n        \"unknownRank\": false", body, StringComparison.Ordinal);
        Assert.Contains("\"size\": \"-1\",\n          \"name\": \"\"\n         },\n         {\n          \"size\": \"-1\"", body, StringComparison.Ordinal);
        Assert.True(body.IndexOf("\"d\"", StringComparison.Ordinal) < body.IndexOf("\"s\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Predict_CompressedBody_IsInflated(string encoding)
    {
        using var content = Compressed(Encoding.UTF8.GetBytes(Row), encoding);
        using var response = await _client.PostAsync("/v1/models/dummy:predict", content, Cancel);

        Assert.Equal(RowAnswer, await response.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task Predict_BadCompressedBodies_AreRefused()
    {
        using var bomb = Compressed(new byte[64 << 20], "gzip");
        Assert.Equal((413, "{\"error\":\"Request body is too large\"}"), await PostAsync("/v1/models/dummy:predict", BombOfBlanks()));
        Assert.NotEqual(200, (await PostAsync("/v1/models/dummy:predict", bomb)).Status);

        using var garbage = new ByteArrayContent(Encoding.UTF8.GetBytes(Row));
        garbage.Headers.ContentEncoding.Add("gzip");
        Assert.Equal((400, "{\"error\":\"Request body does not match its Content-Encoding\"}"), await PostAsync("/v1/models/dummy:predict", garbage));

        using var unknown = new ByteArrayContent(Encoding.UTF8.GetBytes(Row));
        unknown.Headers.ContentEncoding.Add("zstd");
        Assert.Equal((415, "{\"error\":\"Unsupported Content-Encoding\"}"), await PostAsync("/v1/models/dummy:predict", unknown));
        Assert.Equal((200, RowAnswer), await PostAsync("/v1/models/dummy:predict", Row));
    }

    [Fact]
    public async Task Answers_AboveOneKilobyte_AreCompressedWhenAsked()
    {
        _registry.Publish(new ServableVersion(
            "wide", 1, new FakeModel(FakeModel.Describe("s", ElementType.F32, PartialShape.Of(1, 2, 3, 4)), FakeModel.Describe("t", ElementType.F32, PartialShape.Of(1)))));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models/wide/metadata");
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        using var response = await _client.SendAsync(request, Cancel);
        await using var gzip = new GZipStream(await response.Content.ReadAsStreamAsync(Cancel), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        var (_, plain) = await GetAsync("/v1/models/wide/metadata");

        Assert.True(plain.Length > RestResponse.MinGzipBytes);
        Assert.Equal("gzip", Assert.Single(response.Content.Headers.ContentEncoding));
        Assert.Equal(plain, await reader.ReadToEndAsync(Cancel));

        using var small = new HttpRequestMessage(HttpMethod.Get, "/v1/models/dummy");
        small.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        using var uncompressed = await _client.SendAsync(small, Cancel);
        Assert.Empty(uncompressed.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task Predict_BodyAboveTheLimit_Is413()
    {
        var large = "{\"x\":\"" + new string('x', 2 << 20) + "\"}";
        Assert.Equal((413, "{\"error\":\"Request body is too large\"}"), await PostAsync("/v1/models/dummy:predict", large));

        // Chunked: nothing is declared, so the count decides.
        using var chunked = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(large)));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/models/dummy:predict") { Content = chunked };
        request.Headers.TransferEncodingChunked = true;
        using var response = await _client.SendAsync(request, Cancel);
        Assert.Equal(413, (int)response.StatusCode);
    }

    [Fact]
    public async Task Predict_ChunkedBody_Answers()
    {
        using var chunked = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(Row)));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/models/dummy:predict") { Content = chunked };
        request.Headers.TransferEncodingChunked = true;
        using var response = await _client.SendAsync(request, Cancel);

        Assert.Equal(RowAnswer, await response.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task Predict_ExpectContinue_IsAnsweredBeforeTheBody()
    {
        using var socket = await ConnectAsync();
        await WriteAsync(socket, $"POST /v1/models/dummy:predict HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {Row.Length}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 100 Continue\r\n\r\n", await ReadUntilAsync(socket, "\r\n\r\n"), StringComparison.Ordinal);

        await WriteAsync(socket, Row);
        Assert.EndsWith(RowAnswer, await ReadUntilAsync(socket, RowAnswer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_ExpectContinueForUnknownModel_IsRefusedWithoutTheBody()
    {
        using var socket = await ConnectAsync();
        await WriteAsync(socket, "POST /v1/models/nope:predict HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 404 Not Found\r\n", await ReadUntilAsync(socket, "found\"}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_OneByteAtATime_Answers()
    {
        using var socket = await ConnectAsync();
        await WriteAsync(socket, $"POST /v1/models/dummy:predict HTTP/1.1\r\nHost: x\r\nContent-Length: {Row.Length}\r\n\r\n");
        foreach (var c in Row)
        {
            await WriteAsync(socket, c.ToString());
        }

        Assert.EndsWith(RowAnswer, await ReadUntilAsync(socket, RowAnswer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_Pipelined_AreAnsweredInOrder()
    {
        using var socket = await ConnectAsync();
        var predict = $"POST /v1/models/dummy:predict HTTP/1.1\r\nHost: x\r\nContent-Length: {Row.Length}\r\n\r\n{Row}";
        await WriteAsync(socket, predict + "GET /foo HTTP/1.1\r\nHost: x\r\n\r\n" + predict + "GET /v1/models/empty HTTP/1.1\r\nHost: x\r\n\r\n");
        var text = await ReadUntilAsync(socket, "\"model_version_status\": []\n}\n");

        Assert.Equal(5, text.Split("HTTP/1.1 ").Length);
        var first = text.IndexOf(RowAnswer, StringComparison.Ordinal);
        var wrong = text.IndexOf("Invalid request URL", StringComparison.Ordinal);
        Assert.True(first > 0 && wrong > first && text.LastIndexOf(RowAnswer, StringComparison.Ordinal) > wrong);
    }

    [Fact]
    public async Task Predict_ClientGoesWithinTheBody_ReleasesEverything()
    {
        for (var i = 0; i < 20; i++)
        {
            using var socket = await ConnectAsync();
            await WriteAsync(socket, "POST /v1/models/dummy:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n{\"instances\":[[0.5,1.5,2.5,");
            socket.LingerState = new LingerOption(true, 0);
        }

        Assert.Equal((200, RowAnswer), await PostAsync("/v1/models/dummy:predict", Row));
        await EventuallyAsync(() => _server.RentedBlocks == 0);
    }

    [Fact]
    public async Task Predict_ClientGoesDuringInference_CancelsIt()
    {
        _dummy.IsDeferred = true;
        FakeRequest request;
        using (var socket = await ConnectAsync())
        {
            await WriteAsync(socket, $"POST /v1/models/dummy:predict HTTP/1.1\r\nHost: x\r\nContent-Length: {Row.Length}\r\n\r\n{Row}");
            request = await _dummy.NextDeferred();
        }

        await EventuallyAsync(() => request.Cancellations != 0);
        request.Complete(Runtime.Errors.InferenceError.Cancelled);
        _dummy.IsDeferred = false;
        await EventuallyAsync(() => _server.RentedBlocks == 0);
        Assert.Equal((200, RowAnswer), await PostAsync("/v1/models/dummy:predict", Row));
    }

    [Fact]
    public async Task Predict_LyingContentLength_EndsWithTheConnection()
    {
        using (var socket = await ConnectAsync())
        {
            // 900 KB declared, 10 bytes sent, then no more.
            await WriteAsync(socket, "POST /v1/models/dummy:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n{\"inputs\":");
            socket.Shutdown(SocketShutdown.Send);
            Assert.DoesNotContain("200 OK", await ReadUntilAsync(socket, "never"), StringComparison.Ordinal);
        }

        using (var socket = await ConnectAsync())
        {
            // 2 GB declared: refused before anything is read.
            await WriteAsync(socket, "POST /v1/models/dummy:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2147483648\r\n\r\n{\"inputs\":");
            Assert.StartsWith("HTTP/1.1 413", await ReadUntilAsync(socket, "large\"}"), StringComparison.Ordinal);
        }

        Assert.Equal((200, RowAnswer), await PostAsync("/v1/models/dummy:predict", Row));
    }

    [Fact]
    public async Task Predict_ManyConnections_GetTheirOwnAnswers()
    {
        var tasks = new List<Task>();
        for (var n = 0; n < 64; n++)
        {
            var value = n;
            tasks.Add(Task.Run(
                async () =>
                {
                    var row = "{\"instances\":[[" + string.Join(',', Enumerable.Repeat(value, 10)) + "]]}";
                    var expected = "{\n    \"predictions\": [[" + string.Join(", ", Enumerable.Repeat($"{value + 1}.0", 10)) + "]\n    ]\n}";
                    for (var i = 0; i < 20; i++)
                    {
                        Assert.Equal((200, expected), await PostAsync("/v1/models/dummy:predict", row));
                    }
                },
                Cancel));
        }

        await Task.WhenAll(tasks);
    }

    private static ByteArrayContent Compressed(byte[] body, string encoding)
    {
        using var buffer = new MemoryStream();
        using (Stream stream = encoding == "gzip" ? new GZipStream(buffer, CompressionLevel.Fastest) : new ZLibStream(buffer, CompressionLevel.Fastest))
        {
            stream.Write(body);
        }

        var content = new ByteArrayContent(buffer.ToArray());
        content.Headers.ContentEncoding.Add(encoding);
        return content;
    }

    private static ByteArrayContent BombOfBlanks()
    {
        var blanks = new byte[64 << 20];
        blanks.AsSpan().Fill((byte)' ');
        return Compressed(blanks, "gzip");
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        for (var i = 0; i < 10_000 && !condition(); i++)
        {
            await Task.Delay(1, Cancel);
        }

        Assert.True(condition());
    }

    private async Task<(int Status, string Body)> GetAsync(string path)
    {
        using var response = await _client.GetAsync(path, Cancel);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }

    private async Task<(int Status, string Body)> PostAsync(string path, string body)
    {
        using var content = new StringContent(body);
        return await PostAsync(path, content);
    }

    private async Task<(int Status, string Body)> PostAsync(string path, HttpContent content)
    {
        using var response = await _client.PostAsync(path, content, Cancel);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }

    // Raw, since HttpClient tidies paths.
    private async Task<(int Status, string Headers, string Body)> SendAsync(string verb, string path, string? body)
    {
        using var socket = await ConnectAsync();
        var length = body is null ? "" : $"Content-Length: {body.Length}\r\n";
        await WriteAsync(socket, $"{verb} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{length}\r\n{body}");
        var text = await ReadUntilAsync(socket, "\0");
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        Assert.True(end >= 4, text);
        return (int.Parse(text.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture), text[..end], text[end..]);
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, _server.Port, Cancel);
        return socket;
    }

    private static async Task WriteAsync(Socket socket, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var at = 0; at < bytes.Length;)
        {
            at += await socket.SendAsync(bytes.AsMemory(at), Cancel);
        }
    }

    // Reads until the text has come or the connection ends.
    private static async Task<string> ReadUntilAsync(Socket socket, string end)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains(end, StringComparison.Ordinal))
        {
            int count;
            try
            {
                count = await socket.ReceiveAsync(buffer, Cancel);
            }
            catch (SocketException)
            {
                break;
            }

            if (count == 0)
            {
                break;
            }

            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        return text.ToString();
    }
}
