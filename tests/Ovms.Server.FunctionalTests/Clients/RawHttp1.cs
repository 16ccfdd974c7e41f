using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Ovms.Server.FunctionalTests.Clients;

/// <summary>HTTP/1.1 byte by byte.</summary>
internal sealed class RawHttp1 : IDisposable
{
    private readonly Socket _socket;
    private readonly BufferedStream _input;

    private RawHttp1(Socket socket)
    {
        _socket = socket;
        _input = new BufferedStream(new NetworkStream(socket), 1 << 16);
    }

    /// <summary>Opens a connection.</summary>
    public static async Task<RawHttp1> ConnectAsync(int port) => new(await RawHttp2.OpenAsync(port));

    /// <summary>A POST request.</summary>
    /// <param name="more">Further header lines, each with its CR LF.</param>
    public static byte[] Post(string path, ReadOnlySpan<byte> body, string more = "", long? length = null)
    {
        var head = string.Create(CultureInfo.InvariantCulture, $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length ?? body.Length}\r\n{more}\r\n");
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }

    /// <summary>Sends bytes.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes)..];
        }
    }

    /// <summary>Reads one answer.</summary>
    /// <returns>Status 0 when the server closed instead.</returns>
    public async Task<(int Status, string Body)> ReadAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var status = 0;
        while (true)
        {
            var line = await ReadLineAsync(limit.Token);
            if (line is null)
            {
                return (0, "");
            }

            status = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
            var length = 0L;
            var isChunked = false;
            while (await ReadLineAsync(limit.Token) is { Length: > 0 } header)
            {
                if (header.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                {
                    length = long.Parse(header[15..], CultureInfo.InvariantCulture);
                }

                isChunked |= header.Equals("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase);
            }

            if (status == 100)
            {
                continue;
            }

            return (status, isChunked ? await ReadChunksAsync(limit.Token) : Encoding.UTF8.GetString(await ReadBytesAsync(length, limit.Token)));
        }
    }

    /// <summary>Reads until the server closes.</summary>
    public async Task<string> ReadAllAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var all = new MemoryStream();
        await _input.CopyToAsync(all, limit.Token);
        return Encoding.Latin1.GetString(all.ToArray());
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes with a TCP reset.</summary>
    public void Abort()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _input.Dispose();
        _socket.Dispose();
    }

    private async Task<string> ReadChunksAsync(CancellationToken cancellation)
    {
        var body = new MemoryStream();
        while (true)
        {
            var size = long.Parse((await ReadLineAsync(cancellation))!, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.Write(await ReadBytesAsync(size, cancellation));
            await ReadLineAsync(cancellation);
            if (size == 0)
            {
                return Encoding.UTF8.GetString(body.ToArray());
            }
        }
    }

    private async Task<byte[]> ReadBytesAsync(long count, CancellationToken cancellation)
    {
        var bytes = new byte[count];
        await _input.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }

    private async Task<string?> ReadLineAsync(CancellationToken cancellation)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        try
        {
            while (await _input.ReadAsync(one, cancellation) == 1)
            {
                if (one[0] == '\n')
                {
                    return line.ToString().TrimEnd('\r');
                }

                line.Append((char)one[0]);
            }
        }
        catch (IOException)
        {
            // Closed by reset.
        }

        return null;
    }
}
