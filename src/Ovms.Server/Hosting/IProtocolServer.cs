namespace Ovms.Server.Hosting;

/// <summary>A listening protocol: gRPC or REST. Opens its own port, serves until it is stopped.</summary>
internal interface IProtocolServer : IAsyncDisposable
{
    /// <summary>The bound TCP port (also when 0 was asked for, in tests); 0 before <see cref="StartAsync"/>.</summary>
    int Port { get; }

    /// <summary>Binds and begins to accept.</summary>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Stops accepting, lets requests in flight end, aborts what is left when <paramref name="cancellationToken"/> fires.</summary>
    Task StopAsync(CancellationToken cancellationToken);
}
