using System.IO.Pipelines;

namespace Ovms.Server.Rest;

/// <summary>One HTTP request and its answer, as endpoints see them: the transport below can be exchanged.</summary>
/// <remarks>Pooled per connection; not safe for concurrent use except <see cref="IsDisconnected"/>. An endpoint answers exactly once:
/// <see cref="Begin"/>, the body through <see cref="Output"/>, return.</remarks>
internal abstract class RestExchange
{
    /// <summary>The verb.</summary>
    public abstract RestVerb Verb { get; }

    /// <summary>Path as sent, still percent-encoded, without query. Valid during the request.</summary>
    public abstract ReadOnlySpan<byte> Path { get; }

    /// <summary>Declared body length, null when chunked or absent.</summary>
    public abstract long? ContentLength { get; }

    /// <summary>The body as sent (still compressed). The first read answers <c>Expect: 100-continue</c>.</summary>
    public abstract PipeReader Body { get; }

    /// <summary><c>Content-Encoding</c> of the request; empty without one.</summary>
    public abstract string ContentEncoding { get; }

    /// <summary>True when the client takes gzip answers.</summary>
    public abstract bool AcceptsGzip { get; }

    /// <summary>The response body; after <see cref="Begin"/>.</summary>
    public abstract PipeWriter Output { get; }

    /// <summary>True once the client has gone.</summary>
    public abstract bool IsDisconnected { get; }

    /// <summary>Gives the connection up: nothing is answered any more.</summary>
    public abstract void Abort();

    /// <summary>Told when the client goes while a request runs; one listener at a time, null removes it.</summary>
    public abstract IDisconnectListener? DisconnectListener { get; set; }

    /// <summary>What the endpoints keep for the connection between its requests (parsers, call objects).</summary>
    /// <remarks>Never shared between connections, so that a late disconnect cannot cancel a stranger's request.</remarks>
    public object? ConnectionState { get; set; }

    /// <summary>A request header by name, or an empty string; for headers that are not on the hot path.</summary>
    public abstract string Header(string name);

    /// <summary>Sets a response header; before <see cref="Begin"/>'s first flush.</summary>
    public abstract void SetHeader(string name, string value);

    /// <summary>States status and body length; nothing is sent before the first flush or the end of the request.</summary>
    /// <param name="status">HTTP status code.</param>
    /// <param name="contentLength">Body bytes that follow, or null when not known: the body is sent in chunks.</param>
    public abstract void Begin(int status, long? contentLength);
}
