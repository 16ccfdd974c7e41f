using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ovms.LoadTest.Clients;

/// <summary>Keep-alive HTTP/1.1 connections that repeat one POST: in each round every connection sends, then every answer is read. Blocking
/// sockets, fixed buffers, no managed allocation after the first round.</summary>
internal sealed class Http1Client : IDisposable
{
    private readonly Socket[] _sockets;
    private readonly byte[] _request;
    private readonly int _firstPart;
    private readonly byte[] _answer;
    private readonly long[] _latencies = new long[1 << 20];
    private readonly long[] _started;
    private long _latencyCount;

    /// <summary>Connects.</summary>
    /// <param name="endpoint">Server.</param>
    /// <param name="path">Path of the POST.</param>
    /// <param name="body">Body, sent whole with every request.</param>
    /// <param name="connections">Number of connections, ≥ 1.</param>
    /// <param name="splitAt">Bytes of the body that leave with the head; the rest follows <see cref="SplitPause"/> later, so that the server has
    /// to wait for it. −1 sends all at once.</param>
    /// <param name="maxAnswerLength">Longest answer, header included.</param>
    public Http1Client(IPEndPoint endpoint, string path, byte[] body, int connections, int splitAt = -1, int maxAnswerLength = 1 << 20)
    {
        _request = [.. Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: {endpoint}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];
        _firstPart = splitAt < 0 ? _request.Length : _request.Length - body.Length + splitAt;
        _answer = new byte[maxAnswerLength];
        _started = new long[connections];
        _sockets = new Socket[connections];
        for (var i = 0; i < connections; i++)
        {
            _sockets[i] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            _sockets[i].Connect(endpoint);
        }
    }

    /// <summary>Time between the two parts of a split request: long enough for a server that is awake to have read the first.</summary>
    public static readonly TimeSpan SplitPause = TimeSpan.FromMicroseconds(200);

    /// <summary>Body of the last answer.</summary>
    public ReadOnlySpan<byte> LastBody => _answer.AsSpan(LastBodyStart, LastBodyLength);

    /// <summary>Answers whose status was not 200.</summary>
    public long Failures { get; private set; }

    /// <summary>Latencies of the last <see cref="Run"/>, in stopwatch ticks; at most the first 2²⁰.</summary>
    public Span<long> Latencies => _latencies.AsSpan(0, (int)Math.Min(_latencyCount, _latencies.Length));

    /// <summary>Whether the last answer came in chunks; <see cref="LastBody"/> then holds them with their frames, without the last, empty one.</summary>
    public bool LastIsChunked { get; private set; }

    private int LastBodyStart { get; set; }

    private int LastBodyLength { get; set; }

    /// <summary>Runs rounds until <paramref name="requests"/> answers are there or, when it is not 0, <paramref name="untilTicks"/> of the stopwatch.</summary>
    /// <returns>Number of answers.</returns>
    public long Run(long requests, long untilTicks = 0)
    {
        _latencyCount = 0;
        long done = 0;
        while (done < requests && (untilTicks == 0 || System.Diagnostics.Stopwatch.GetTimestamp() < untilTicks))
        {
            for (var i = 0; i < _sockets.Length; i++)
            {
                _started[i] = System.Diagnostics.Stopwatch.GetTimestamp();
                Send(_sockets[i], _request.AsSpan(0, _firstPart));
                if (_firstPart < _request.Length)
                {
                    Pause();
                    Send(_sockets[i], _request.AsSpan(_firstPart));
                }
            }

            for (var i = 0; i < _sockets.Length; i++)
            {
                ReadAnswer(_sockets[i]);
                if (_latencyCount < _latencies.Length)
                {
                    _latencies[_latencyCount] = System.Diagnostics.Stopwatch.GetTimestamp() - _started[i];
                }

                _latencyCount++;
                done++;
            }
        }

        return done;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private static void Send(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[socket.Send(bytes)..];
        }
    }

    private static void Pause()
    {
        // Sleep takes a millisecond at least.
        for (var began = System.Diagnostics.Stopwatch.GetTimestamp(); System.Diagnostics.Stopwatch.GetElapsedTime(began) < SplitPause;)
        {
            Thread.Yield();
        }
    }

    private void ReadAnswer(Socket socket)
    {
        var length = 0;
        var headEnd = -1;
        while (headEnd < 0)
        {
            length += Receive(socket, length);
            headEnd = _answer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
        }

        var head = _answer.AsSpan(0, headEnd + 2);
        if (!head.StartsWith("HTTP/1.1 200 "u8))
        {
            Failures++;
        }

        LastBodyStart = headEnd + 4;
        if (ContentLength(head) is >= 0 and var contentLength)
        {
            while (length < LastBodyStart + contentLength)
            {
                length += Receive(socket, length);
            }

            LastBodyLength = contentLength;
            LastIsChunked = false;
            return;
        }

        // Chunked: the last chunk ends the answer; no other answer follows before the next request.
        while (!_answer.AsSpan(LastBodyStart, length - LastBodyStart).EndsWith("0\r\n\r\n"u8))
        {
            length += Receive(socket, length);
        }

        LastBodyLength = length - LastBodyStart - "0\r\n\r\n"u8.Length;
        LastIsChunked = true;
    }

    private int Receive(Socket socket, int offset)
    {
        if (offset == _answer.Length)
        {
            throw new IOException("the answer is longer than the buffer");
        }

        var got = socket.Receive(_answer.AsSpan(offset));
        return got > 0 ? got : throw new IOException("the server closed the connection");
    }

    private static int ContentLength(ReadOnlySpan<byte> head)
    {
        while (head.IndexOf("\r\n"u8) is >= 0 and var end)
        {
            var line = head[..end];
            if (line.Length > 16 && Ascii.EqualsIgnoreCase(line[..15], "content-length:"u8))
            {
                return int.Parse(line[15..].Trim((byte)' '), System.Globalization.CultureInfo.InvariantCulture);
            }

            head = head[(end + 2)..];
        }

        return -1;
    }
}
