return await Ovms.Server.Hosting.OvmsProgram.RunAsync(args);
